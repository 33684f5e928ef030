#include "tests/bench/run_client.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"

namespace wsfleet::testing {
namespace {

// A run of 20 000 shards.
constexpr int kMaxReplyBytes = 32 << 20;

void Expect(const grpc::Status& status, const std::string& what) {
  if (status.ok()) return;
  fmt::print(stderr, "{}: {}\n", what, status.error_message());
  std::exit(1);
}

std::string Trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const std::string& authority) {
  if (authority.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = authority;
  return grpc::SslCredentials(tls);
}

}  // namespace

RunClient::RunClient(const RealFleet& fleet)
    : RunClient(fleet.client_addresses(), ReadWholeFile(fleet.directory().path() / "ca" / "ca.pem"),
                ReadWholeFile(fleet.directory().path() / "ca" / "token")) {}

RunClient::RunClient(const std::string& address, const std::string& authority, std::string token)
    : token_(Trimmed(std::move(token))) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  stub_ = v1::Jobs::NewStub(grpc::CreateCustomChannel(address, CredentialsFor(authority), arguments));
}

void RunClient::Prepare(grpc::ClientContext& context) const {
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
}

std::string RunClient::Submit(const std::string& canonical, const std::function<void(v1::SubmitHeader&)>& change) {
  grpc::ClientContext context;
  Prepare(context);
  v1::SubmitReply reply;
  const auto stream = stub_->Submit(&context, &reply);
  v1::SubmitRequest request;
  v1::SubmitHeader* header = request.mutable_header();
  header->set_fleet("default");
  header->mutable_bundle()->set_digest(wire::Digest(canonical).value());
  header->mutable_bundle()->set_bytes(canonical.size());
  *header->mutable_agents_wait() = wire::ToWire(absl::Seconds(30));
  if (change) change(*header);
  stream->Write(request);
  for (std::string& chunk : wire::Chunks(canonical)) {
    request.mutable_chunk()->set_data(std::move(chunk));
    stream->Write(request);
  }
  stream->WritesDone();
  Expect(stream->Finish(), "submit");
  return reply.job();
}

void RunClient::Watch(const std::string& job, const std::function<void(const v1::JobEvent&)>& on_event) {
  grpc::ClientContext context;
  Prepare(context);
  v1::WatchJobRequest request;
  request.set_fleet("default");
  request.set_job(job);
  const auto events = stub_->Watch(&context, request);
  for (v1::JobEvent event; events->Read(&event); event.Clear()) on_event(event);
  Expect(events->Finish(), "watch");
}

v1::Job RunClient::Get(const std::string& job) {
  grpc::ClientContext context;
  Prepare(context);
  v1::GetJobRequest request;
  request.set_fleet("default");
  request.set_job(job);
  v1::Job reply;
  Expect(stub_->Get(&context, request, &reply), "get");
  return reply;
}

}  // namespace wsfleet::testing
