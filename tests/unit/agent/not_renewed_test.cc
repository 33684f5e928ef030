#include <utility>
#include <vector>

#include "tests/unit/agent/scripted_coordinator.h"

// Replies that come before all that is to be said of a heartbeat is stored.
namespace wsfleet::agent {
namespace {

// Gives two shards and renews the second one only. When the agent has stopped the first, it says of a heartbeat that it
// has answered already that the second is cancelled, too.
class HalfRenewingCoordinator final : public v1::AgentSession::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::AgentMessage>;

  grpc::Status Session(grpc::ServerContext*, Stream* stream) override {
    for (v1::AgentMessage message; ends_.size() < 2 && stream->Read(&message);) {
      if (message.has_hello()) {
        says_so_ = message.hello().takes_not_renewed();
        Begin(*stream);
      } else if (message.has_heartbeat()) {
        v1::CoordinatorMessage reply;
        reply.mutable_heartbeat_reply()->set_number(message.heartbeat().number());
        reply.mutable_heartbeat_reply()->add_not_renewed(1);
        stream->Write(reply);
        answered_ = message.heartbeat().number();
      } else if (message.has_shard_done()) {
        ends_.emplace_back(message.shard_done().lease(), message.shard_done().end());
        v1::CoordinatorMessage late;
        late.mutable_heartbeat_reply()->set_number(answered_);
        late.mutable_heartbeat_reply()->add_cancel()->set_lease(2);
        stream->Write(late);
      }
    }
    return {grpc::StatusCode::PERMISSION_DENIED, "that was all"};
  }

  bool says_so() const { return says_so_; }
  const std::vector<std::pair<std::uint64_t, v1::ShardEnd>>& ends() const { return ends_; }

 private:
  static void Begin(Stream& stream) {
    stream.Write(WelcomeWith(absl::Seconds(3), absl::Milliseconds(100)));
    for (std::uint64_t lease = 1; lease <= 2; ++lease) {
      stream.Write(AssignmentOf(lease, "[{name: waits, steps: [{wait: 1h}, {connect: {path: /}}, {ping: {}}]}]"));
    }
  }

  bool says_so_ = false;
  std::uint64_t answered_ = 0;
  std::vector<std::pair<std::uint64_t, v1::ShardEnd>> ends_;
};

TEST(NotRenewed, LeasesRunOutWhileOthersGoOnAndWhatFollowsIsHeard) {
  HalfRenewingCoordinator coordinator;
  RunAgentOf(LoopbackServer(coordinator), 2);
  EXPECT_TRUE(coordinator.says_so());
  ASSERT_EQ(coordinator.ends().size(), 2u);
  EXPECT_EQ(coordinator.ends()[0], std::pair(std::uint64_t{1}, v1::SHARD_END_EXPIRED));
  EXPECT_EQ(coordinator.ends()[1], std::pair(std::uint64_t{2}, v1::SHARD_END_CANCELLED));
}

}  // namespace
}  // namespace wsfleet::agent
