#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/clock.h"
#include "boost/asio/executor_work_guard.hpp"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"

namespace wsfleet::agent {
namespace {

std::string SuiteThatFailsAtOnce() {
  Bundle bundle;
  bundle.suites = {"gate.wsfleet.yaml"};
  bundle.files["gate.wsfleet.yaml"] = R"(version: wsfleet/v1
name: gate
target: ws://127.0.0.1:1
scenarios:
  - name: first
    steps: [{connect: {path: /}}, {ping: {}}]
  - name: second
    steps: [{connect: {path: /}}, {ping: {}}]
)";
  return wire::CanonicalForm(bundle);
}

// A coordinator that gives each shard of the list once, and notes which results come, and when.
class AssigningCoordinator final : public v1::AgentSession::Service {
 public:
  struct Reported {
    std::uint64_t lease = 0;
    int cases = 0;
    absl::Duration after;  // since its assignment was sent
  };

  explicit AssigningCoordinator(std::vector<absl::Duration> report_after) : report_after_(std::move(report_after)) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~AssigningCoordinator() override { server_->Shutdown(); }

  using Stream = grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::AgentMessage>;

  grpc::Status Session(grpc::ServerContext*, Stream* stream) override {
    for (v1::AgentMessage message; stream->Read(&message);) {
      if (message.has_hello()) {
        Welcome(*stream);
        AssignNext(*stream);
      } else if (message.has_heartbeat()) {
        v1::CoordinatorMessage reply;
        reply.mutable_heartbeat_reply()->set_number(message.heartbeat().number());
        stream->Write(reply);
      } else if (message.has_results()) {
        reported_.push_back({message.results().lease(), message.results().results_size(), BootTime() - assigned_});
        Acknowledge(*stream, message.results());
      } else if (message.has_assignment_refused()) {
        ADD_FAILURE() << message.assignment_refused().reason();
        break;
      } else if (message.has_shard_done()) {
        v1::CoordinatorMessage reply;
        reply.mutable_shard_done_ack()->set_lease(message.shard_done().lease());
        stream->Write(reply);
        if (given_ == report_after_.size()) break;
        AssignNext(*stream);
      }
    }
    return {grpc::StatusCode::PERMISSION_DENIED, "that was all"};
  }

  const std::string& address() const { return address_; }
  const std::vector<Reported>& reported() const { return reported_; }

 private:
  static void Welcome(Stream& stream) {
    v1::CoordinatorMessage message;
    v1::Welcome* welcome = message.mutable_welcome();
    welcome->set_credits(8);
    *welcome->mutable_lease_time() = wire::ToWire(absl::Minutes(1));
    *welcome->mutable_heartbeat_interval() = wire::ToWire(absl::Seconds(5));
    stream.Write(message);
  }

  void AssignNext(Stream& stream) {
    v1::CoordinatorMessage message;
    v1::Assignment* assignment = message.mutable_assignment();
    const std::string canonical = SuiteThatFailsAtOnce();
    assignment->set_bundle_content(canonical);
    assignment->mutable_bundle()->set_digest(wire::Digest(canonical).value());
    assignment->mutable_selection()->set_repeat(1);
    assignment->set_job("job");
    assignment->set_shard(1);
    assignment->set_attempt(1);
    if (report_after_[given_] > absl::ZeroDuration()) {
      *assignment->mutable_report_after() = wire::ToWire(report_after_[given_]);
    }
    assignment->set_lease(++given_);
    assigned_ = BootTime();
    stream.Write(message);
  }

  static void Acknowledge(Stream& stream, const v1::ResultBatch& batch) {
    v1::CoordinatorMessage message;
    v1::ResultAcks::Ack* ack = message.mutable_result_acks()->add_acks();
    ack->set_lease(batch.lease());
    ack->set_seq(batch.seq());
    ack->set_disposition(v1::DISPOSITION_COUNTED);
    stream.Write(message);
  }

  const std::vector<absl::Duration> report_after_;
  std::size_t given_ = 0;
  SteadyTime assigned_;
  std::vector<Reported> reported_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

void RunAgentOf(const AssigningCoordinator& coordinator) {
  boost::asio::io_context strand(1);
  const auto work = boost::asio::make_work_guard(strand);
  AgentOptions options;
  options.facts.id = AgentId("eu-1");
  options.facts.region = RegionName("eu-west-1");
  Agent agent(strand, std::move(options),
              Endpoints({coordinator.address()},
                        [](const std::string& address) {
                          return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
                        }),
              Agent::Handlers{.on_session = [] {}, .on_stopped = [&](int) { strand.stop(); }});
  ASSERT_TRUE(agent.Start().ok());
  strand.run();
}

TEST(ReportAfter, KeepsResultsBackUntilThenAndSendsThemTogether) {
  constexpr absl::Duration kAfter = absl::Milliseconds(400);
  AssigningCoordinator coordinator({kAfter});
  RunAgentOf(coordinator);
  ASSERT_EQ(coordinator.reported().size(), 1u);
  EXPECT_EQ(coordinator.reported()[0].cases, 2);
  EXPECT_GE(coordinator.reported()[0].after, kAfter);
}

TEST(ReportAfter, HoldsForOneAssignmentOnly) {
  AssigningCoordinator coordinator({absl::Milliseconds(400), absl::ZeroDuration()});
  RunAgentOf(coordinator);
  ASSERT_EQ(coordinator.reported().size(), 3u);
  // Each as soon as it is known.
  EXPECT_EQ(coordinator.reported()[1].lease, 2u);
  EXPECT_EQ(coordinator.reported()[1].cases, 1);
}

}  // namespace
}  // namespace wsfleet::agent
