#include <string>
#include <vector>

#include "agent/clock.h"
#include "tests/unit/agent/scripted_coordinator.h"

namespace wsfleet::agent {
namespace {

// A coordinator that gives each shard of the list once, and notes which results come, and when.
class AssigningCoordinator final : public v1::AgentSession::Service {
 public:
  struct Reported {
    std::uint64_t lease = 0;
    int cases = 0;
    absl::Duration after;  // since its assignment was sent
  };

  explicit AssigningCoordinator(std::vector<absl::Duration> report_after) : report_after_(std::move(report_after)) {}

  using Stream = grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::AgentMessage>;

  grpc::Status Session(grpc::ServerContext*, Stream* stream) override {
    for (v1::AgentMessage message; stream->Read(&message);) {
      if (message.has_hello()) {
        stream->Write(WelcomeWith(absl::Minutes(1), absl::Seconds(5)));
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

  const std::vector<Reported>& reported() const { return reported_; }

 private:
  void AssignNext(Stream& stream) {
    const absl::Duration report_after = report_after_[given_];
    v1::CoordinatorMessage message = AssignmentOf(++given_,
                                                  "[{name: first, steps: [{connect: {path: /}}, {ping: {}}]}, "
                                                  "{name: second, steps: [{connect: {path: /}}, {ping: {}}]}]");
    if (report_after > absl::ZeroDuration()) {
      *message.mutable_assignment()->mutable_report_after() = wire::ToWire(report_after);
    }
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
};

TEST(ReportAfter, KeepsResultsBackUntilThenAndSendsThemTogether) {
  constexpr absl::Duration kAfter = absl::Milliseconds(400);
  AssigningCoordinator coordinator({kAfter});
  RunAgentOf(LoopbackServer(coordinator));
  ASSERT_EQ(coordinator.reported().size(), 1u);
  EXPECT_EQ(coordinator.reported()[0].cases, 2);
  EXPECT_GE(coordinator.reported()[0].after, kAfter);
}

TEST(ReportAfter, HoldsForOneAssignmentOnly) {
  AssigningCoordinator coordinator({absl::Milliseconds(400), absl::ZeroDuration()});
  RunAgentOf(LoopbackServer(coordinator));
  ASSERT_EQ(coordinator.reported().size(), 3u);
  // Each as soon as it is known.
  EXPECT_EQ(coordinator.reported()[1].lease, 2u);
  EXPECT_EQ(coordinator.reported()[1].cases, 1);
}

}  // namespace
}  // namespace wsfleet::agent
