#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/coordinator.h"
#include "coordinator/open_store.h"
#include "coordinator/tls/ephemeral_ca.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator/scripted_agent.h"
#include "tests/unit/coordinator/suites.h"

namespace wsfleet::coordinator {

// The coordinator in this process on a SQLite file, spoken to over real, encrypted streams.
class CoordinatorTest : public ::testing::Test {
 protected:
  CoordinatorTest() {
    options_.agent_listen = "127.0.0.1:0";
    options_.client_listen = "127.0.0.1:0";
    options_.store = (directory_.path() / "fleet.db").string();
    options_.development_ca = files_directory_;
    options_.lease_time = absl::Seconds(5);
    Restart();
  }

  void Restart() {
    coordinator_.reset();
    auto store = OpenStore(options_.store);
    ASSERT_TRUE(store.ok()) << store.status();
    auto started = Coordinator::Start(options_, *std::move(store));
    ASSERT_TRUE(started.ok()) << started.status();
    coordinator_ = *std::move(started);
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
    const auto client = grpc::CreateChannel(coordinator_->client_address(), grpc::SslCredentials(tls));
    jobs_ = v1::Jobs::NewStub(client);
    fleets_ = v1::Fleets::NewStub(client);
    tls.pem_cert_chain = testing::ReadWholeFile(files_.agent_certificate);
    tls.pem_private_key = testing::ReadWholeFile(files_.agent_key);
    agents_ = grpc::CreateChannel(coordinator_->agent_address(), grpc::SslCredentials(tls));
  }

  std::unique_ptr<grpc::ClientContext> Context() { return ContextWith(testing::ReadWholeFile(files_.client_token)); }
  std::unique_ptr<grpc::ClientContext> ContextWith(const std::string& token) {
    auto context = std::make_unique<grpc::ClientContext>();
    SetDeadline(*context);
    context->AddMetadata("authorization", "Bearer " + token);
    return context;
  }

  // `caller`: null for the coordinator's own token.
  std::pair<grpc::Status, v1::SubmitReply> Submit(const std::string& key = "",
                                                  const std::function<void(v1::SubmitHeader&)>& change = {},
                                                  std::unique_ptr<grpc::ClientContext> caller = nullptr) {
    const std::string canonical = wire::CanonicalForm(BundleOf(kGoodSuite));
    v1::SubmitRequest part;
    v1::SubmitHeader& header = *part.mutable_header();
    header.mutable_bundle()->set_digest(wire::Digest(canonical).value());
    header.mutable_bundle()->set_bytes(canonical.size());
    header.set_run_key(key);
    header.add_from("eu-west-1");
    (*header.mutable_secrets())["JWT_KEY"] = "canary-4711";
    if (change) change(header);
    v1::SubmitReply reply;
    const auto context = caller != nullptr ? std::move(caller) : Context();
    const auto writer = jobs_->Submit(context.get(), &reply);
    writer->Write(part);
    for (std::string& data : wire::Chunks(canonical)) {
      part.mutable_chunk()->set_data(std::move(data));
      writer->Write(part);
    }
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    return {status, reply};
  }

  // Everything until the stream ends.
  std::pair<grpc::Status, std::vector<v1::JobEvent>> Watch(const std::string& job, std::uint64_t after = 0) {
    v1::WatchJobRequest request;
    request.set_job(job);
    request.set_after(after);
    const auto context = Context();
    const auto reader = jobs_->Watch(context.get(), request);
    std::vector<v1::JobEvent> events;
    for (v1::JobEvent event; reader->Read(&event);) events.push_back(event);
    const grpc::Status status = reader->Finish();
    return {status, events};
  }

  std::pair<grpc::Status, v1::Job> Get(const std::string& job) {
    v1::GetJobRequest request;
    request.set_job(job);
    v1::Job reply;
    const auto context = Context();
    const grpc::Status status = jobs_->Get(context.get(), request, &reply);
    return {status, reply};
  }

  testing::TemporaryDirectory directory_;
  std::string files_directory_ = (directory_.path() / "ca").string();
  EphemeralCaFiles files_{files_directory_};
  CoordinatorOptions options_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<v1::Jobs::Stub> jobs_;
  std::unique_ptr<v1::Fleets::Stub> fleets_;
  std::shared_ptr<grpc::Channel> agents_;
};

}  // namespace wsfleet::coordinator
