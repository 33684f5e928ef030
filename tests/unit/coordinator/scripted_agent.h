#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/verdict/result.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "proto/wire/convert.h"
#include "wsfleet/v1/agent_session.grpc.pb.h"

namespace wsfleet::coordinator {

inline void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
}

// An agent as far as the wire can tell: one stream, driven by the test.
class ScriptedAgent {
 public:
  ScriptedAgent(const std::shared_ptr<grpc::Channel>& channel, const std::string& id, const std::string& region)
      : stub_(v1::AgentSession::NewStub(channel)) {
    SetDeadline(context_);
    stream_ = stub_->Session(&context_);
    hello_.set_agent(id);
    hello_.set_region(region);
    hello_.set_boot("00ff");
    hello_.set_fleet("default");
    hello_.mutable_capacity()->set_shards(4);
    hello_.mutable_capacity()->set_sessions(100);
    hello_.set_language_minor(1);
    hello_.set_agent_version("0.1.0");
    hello_.set_vantage("host-" + id);
  }
  ~ScriptedAgent() {
    context_.TryCancel();
    if (!finished_) stream_->Finish();
  }

  v1::Hello& hello() { return hello_; }

  v1::Welcome SayHello() {
    v1::AgentMessage message;
    *message.mutable_hello() = hello_;
    stream_->Write(message);
    return Await(v1::CoordinatorMessage::kWelcome).welcome();
  }

  // False: the stream has ended.
  bool Send(const v1::AgentMessage& message) { return stream_->Write(message); }

  // The next message of this kind; one without a kind if the stream has ended.
  v1::CoordinatorMessage Await(v1::CoordinatorMessage::KindCase kind) {
    v1::CoordinatorMessage message;
    while (stream_->Read(&message)) {
      if (message.kind_case() == kind) return message;
    }
    return {};
  }

  grpc::Status Finish() {
    v1::CoordinatorMessage rest;
    while (stream_->Read(&rest)) {
    }
    finished_ = true;
    return stream_->Finish();
  }

  std::string Fetch(const std::string& digest) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::FetchBundleRequest request;
    request.set_digest(digest);
    request.set_agent(hello_.agent());
    const auto reader = stub_->FetchBundle(&context, request);
    std::string bytes;
    for (v1::BundleChunk chunk; reader->Read(&chunk);) bytes += chunk.data();
    return reader->Finish().ok() ? bytes : std::string();
  }

  // Reports one passed result for the case, waits for its ack, then reports the end and waits for that ack.
  v1::Disposition Complete(const v1::Assignment& assignment, const std::string& case_id) {
    const v1::Disposition disposition = Report(assignment, case_id, 1);
    Finish(assignment, 1);
    return disposition;
  }

  void Finish(const v1::Assignment& assignment, std::uint32_t reported_cases) {
    v1::AgentMessage message;
    v1::ShardDone* done = message.mutable_shard_done();
    done->set_lease(assignment.lease());
    done->set_job(assignment.job());
    done->set_shard(assignment.shard());
    done->set_attempt(assignment.attempt());
    done->set_end(v1::SHARD_END_COMPLETED);
    done->set_reported_cases(reported_cases);
    Send(message);
    EXPECT_EQ(Await(v1::CoordinatorMessage::kShardDoneAck).shard_done_ack().lease(), assignment.lease());
  }

  // `ballast`: what makes it large.
  v1::Disposition Report(const v1::Assignment& assignment, const std::string& case_id, std::uint64_t seq,
                         const std::string& ballast = "") {
    CaseResult result;
    result.case_id = CaseId(case_id);
    result.outcome = Outcome::kPassed;
    result.started = absl::Now();
    for (std::size_t at = 0; at < ballast.size(); at += kMaxWarning) {
      result.warnings.push_back(ballast.substr(at, kMaxWarning));
    }
    v1::AgentMessage message;
    v1::ResultBatch* batch = message.mutable_results();
    batch->set_lease(assignment.lease());
    batch->set_job(assignment.job());
    batch->set_shard(assignment.shard());
    batch->set_attempt(assignment.attempt());
    batch->set_seq(seq);
    *batch->add_results() = wire::ToWire(result);
    Send(message);
    const auto acks = Await(v1::CoordinatorMessage::kResultAcks);
    return acks.result_acks().acks_size() == 1 ? acks.result_acks().acks(0).disposition() : v1::DISPOSITION_UNSPECIFIED;
  }

 private:
  static constexpr std::size_t kMaxWarning = 4000;

  std::unique_ptr<v1::AgentSession::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::CoordinatorMessage>> stream_;
  v1::Hello hello_;
  bool finished_ = false;
};

}  // namespace wsfleet::coordinator
