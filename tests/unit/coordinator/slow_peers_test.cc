#include <algorithm>
#include <future>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "grpcpp/support/client_callback.h"
#include "gtest/gtest.h"
#include "proto/wire/convert.h"
#include "tests/support/child_process.h"
#include "tests/unit/coordinator/coordinator_fixture.h"
#include "wsfleet/v1/schedule.grpc.pb.h"

// Peers that keep their stream open and do not read it, or send nothing on it: they are dropped, and nobody else waits.
namespace wsfleet::coordinator {
namespace {

using ::testing::SizeIs;

// A call whose messages nobody takes: the window of its stream fills, and stays full.
template <typename Message>
class UnreadCall : public grpc::ClientReadReactor<Message> {
 public:
  grpc::ClientContext& context() { return context_; }
  // After the stub was given `this`.
  void Begin() {
    this->AddHold();
    this->StartCall();
  }
  // Until the coordinator has begun to answer: it holds a place then.
  void AwaitAnswer() { answered_.get_future().wait(); }
  // Takes what has come after all, since gRPC says nothing of an end before; then: how the call ended.
  grpc::StatusCode End() {
    this->StartRead(&message_);
    this->RemoveHold();
    return ended_.get_future().get().error_code();
  }

 private:
  void OnReadInitialMetadataDone(bool) override { answered_.set_value(); }
  void OnReadDone(bool ok) override {
    if (ok) this->StartRead(&message_);
  }
  void OnDone(const grpc::Status& status) override { ended_.set_value(status); }

  grpc::ClientContext context_;
  Message message_;
  std::promise<void> answered_;
  std::promise<grpc::Status> ended_;
};

// Connects, and reads nothing, not even its welcome.
class UnreadingAgent : public grpc::ClientBidiReactor<v1::AgentMessage, v1::CoordinatorMessage> {
 public:
  UnreadingAgent(const std::shared_ptr<grpc::Channel>& channel, const v1::Hello& hello)
      : stub_(v1::AgentSession::NewStub(channel)) {
    *hello_.mutable_hello() = hello;
    SetDeadline(context_);
    stub_->async()->Session(&context_, this);
    AddHold();
    StartWrite(&hello_);
    StartCall();
  }
  grpc::StatusCode End() {
    StartRead(&message_);
    RemoveHold();
    return ended_.get_future().get().error_code();
  }

 private:
  void OnReadDone(bool ok) override {
    if (ok) StartRead(&message_);
  }
  void OnDone(const grpc::Status& status) override { ended_.set_value(status); }

  std::unique_ptr<v1::AgentSession::Stub> stub_;
  grpc::ClientContext context_;
  v1::AgentMessage hello_;
  v1::CoordinatorMessage message_;
  std::promise<grpc::Status> ended_;
};

class SlowPeers : public CoordinatorTest {
 protected:
  SlowPeers() {
    options_.peer_limit = absl::Milliseconds(300);
    Restart();
  }

  // A connection of its own with the smallest windows: what is not read is not taken off the other side either.
  static grpc::ChannelArguments OwnConnection() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    return arguments;
  }
  std::shared_ptr<grpc::Channel> OwnClientChannel() {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
    return grpc::CreateCustomChannel(coordinator_->client_address(), grpc::SslCredentials(tls), OwnConnection());
  }
  std::shared_ptr<grpc::Channel> OwnAgentChannel() {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
    tls.pem_cert_chain = testing::ReadWholeFile(files_.agent_certificate);
    tls.pem_private_key = testing::ReadWholeFile(files_.agent_key);
    return grpc::CreateCustomChannel(coordinator_->agent_address(), grpc::SslCredentials(tls), OwnConnection());
  }

  void Authorize(grpc::ClientContext& context) {
    SetDeadline(context);
    context.AddMetadata("authorization", "Bearer " + testing::ReadWholeFile(files_.client_token));
  }

  // A run that has ended, with more in its results than any window takes.
  std::string ALargeRun() {
    ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
    agent.SayHello();
    const std::string job =
        Submit("", [](v1::SubmitHeader& header) { header.mutable_selection()->set_repeat(kResults); }).second.job();
    const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
    const v1::Job known = Get(job).second;
    EXPECT_THAT(known.cases(), SizeIs(kResults));
    std::uint64_t seq = 0;
    for (const std::string& id : known.cases()) agent.Report(assignment, id, ++seq, std::string(60'000, 'x'));
    agent.Finish(assignment, kResults);
    return job;
  }

  static constexpr int kResults = 20;
};

TEST_F(SlowPeers, AWatcherThatNeverReadsIsDroppedAndTheOthersSeeTheEnd) {
  const std::string job = ALargeRun();
  v1::WatchJobRequest request;
  request.set_job(job);
  const auto stub = v1::Jobs::NewStub(OwnClientChannel());
  // Whoever reads again before the coordinator gave up gets everything: on a slow machine it is left longer.
  grpc::StatusCode end = grpc::StatusCode::OK;
  for (absl::Duration unread_for = 2 * options_.peer_limit;
       end == grpc::StatusCode::OK && unread_for < absl::Seconds(10); unread_for *= 2) {
    UnreadCall<v1::JobEvent> unread;
    Authorize(unread.context());
    stub->async()->Watch(&unread.context(), &request, &unread);
    unread.Begin();

    const auto [status, events] = Watch(job);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(events.back().job().verdict(), "passed");
    absl::SleepFor(unread_for);
    end = unread.End();
  }
  EXPECT_EQ(end, grpc::StatusCode::CANCELLED);
}

TEST_F(SlowPeers, ListingsThatNobodyReadsGiveTheirPlacesToOthers) {
  v1::JobResultsRequest request;
  request.set_job(ALargeRun());
  const auto stub = v1::Jobs::NewStub(OwnClientChannel());
  std::list<UnreadCall<v1::ShardCaseResult>> unread(64);
  for (auto& call : unread) {
    Authorize(call.context());
    stub->async()->Results(&call.context(), &request, &call);
    call.Begin();
  }
  for (auto& call : unread) call.AwaitAnswer();
  const auto context = Context();
  const auto reader = jobs_->Results(context.get(), request);
  int results = 0;
  for (v1::ShardCaseResult result; reader->Read(&result);) ++results;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(results, kResults);
  // They had all the places, so it had to wait until one of them was dropped; others may read on.
  EXPECT_GT(std::ranges::count_if(unread, [](auto& call) { return call.End() == grpc::StatusCode::CANCELLED; }), 0);
}

TEST_F(SlowPeers, SubmitsThatNeverGoOnGiveTheirPlacesToOthers) {
  struct Half {
    grpc::ClientContext context;
    v1::SubmitReply reply;
    std::unique_ptr<grpc::ClientWriter<v1::SubmitRequest>> writer;
  };
  std::list<Half> halves(16);
  for (Half& half : halves) {
    Authorize(half.context);
    half.writer = jobs_->Submit(&half.context, &half.reply);
    v1::SubmitRequest part;
    part.mutable_header()->set_run_key("half");
    half.writer->Write(part);
  }
  const auto [status, reply] = Submit();
  EXPECT_TRUE(status.ok()) << status.error_message();
  for (Half& half : halves) EXPECT_EQ(half.writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(SlowPeers, SchedulesThatNeverGoOnGiveTheirPlacesToSubmits) {
  struct Half {
    grpc::ClientContext context;
    v1::ApplyScheduleReply reply;
    std::unique_ptr<grpc::ClientWriter<v1::ApplyScheduleRequest>> writer;
  };
  const auto schedules = v1::Schedules::NewStub(OwnClientChannel());
  std::list<Half> halves(16);
  for (Half& half : halves) {
    Authorize(half.context);
    half.writer = schedules->Apply(&half.context, &half.reply);
    v1::ApplyScheduleRequest part;
    part.mutable_header()->set_name("half");
    half.writer->Write(part);
  }
  const auto [status, reply] = Submit();
  EXPECT_TRUE(status.ok()) << status.error_message();
  for (Half& half : halves) EXPECT_EQ(half.writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(SlowPeers, AnAgentThatNeverReadsIsDroppedAndTheOthersWork) {
  v1::Hello hello;
  hello.set_agent("eu-1");
  hello.set_region("eu-west-1");
  hello.set_boot("00ff");
  hello.set_fleet("default");
  hello.mutable_capacity()->set_shards(4);
  hello.set_language_minor(1);
  UnreadingAgent unreading(OwnAgentChannel(), hello);
  const auto is_connected = [&] {
    v1::Agent agent;
    v1::GetAgentRequest request;
    request.set_agent("eu-1");
    return fleets_->GetAgent(Context().get(), request, &agent).ok() && agent.state() == v1::AGENT_STATE_CONNECTED;
  };
  ASSERT_TRUE(testing::WaitUntil(is_connected));
  ScriptedAgent other(agents_, "us-1", "us-east-1");
  other.SayHello();
  // More than the window of its stream takes.
  const auto large = Submit("", [](v1::SubmitHeader& header) {
    for (const char* name : {"ONE", "TWO", "THREE"})
      (*header.mutable_variables()->mutable_env())[name] = std::string(60'000, 'x');
  });
  ASSERT_TRUE(large.first.ok()) << large.first.error_message();
  const auto small = Submit("", [](v1::SubmitHeader& header) { header.set_from(0, "us-east-1"); });
  const v1::Assignment assignment = other.Await(v1::CoordinatorMessage::kAssignment).assignment();
  EXPECT_EQ(assignment.job(), small.second.job());
  EXPECT_EQ(other.Complete(assignment, "gate/health"), v1::DISPOSITION_COUNTED);
  EXPECT_TRUE(testing::WaitUntil([&] { return !is_connected(); }));
  EXPECT_EQ(unreading.End(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace wsfleet::coordinator
