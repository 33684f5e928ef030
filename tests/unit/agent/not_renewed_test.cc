#include <memory>
#include <string>
#include <utility>
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

// Replies that come before all that is to be said of a heartbeat is stored.
namespace wsfleet::agent {
namespace {

std::string SuiteThatWaits() {
  Bundle bundle;
  bundle.suites = {"gate.wsfleet.yaml"};
  bundle.files["gate.wsfleet.yaml"] = R"(version: wsfleet/v1
name: gate
target: ws://127.0.0.1:1
scenarios:
  - name: waits
    steps: [{wait: 1h}, {connect: {path: /}}, {ping: {}}]
)";
  return wire::CanonicalForm(bundle);
}

// Gives two shards and renews the second one only. When the agent has stopped the first, it says of a heartbeat that it
// has answered already that the second is cancelled, too.
class HalfRenewingCoordinator final : public v1::AgentSession::Service {
 public:
  HalfRenewingCoordinator() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~HalfRenewingCoordinator() override { server_->Shutdown(); }

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

  const std::string& address() const { return address_; }
  bool says_so() const { return says_so_; }
  const std::vector<std::pair<std::uint64_t, v1::ShardEnd>>& ends() const { return ends_; }

 private:
  static void Begin(Stream& stream) {
    v1::CoordinatorMessage message;
    v1::Welcome* welcome = message.mutable_welcome();
    welcome->set_credits(8);
    *welcome->mutable_lease_time() = wire::ToWire(absl::Seconds(3));
    *welcome->mutable_heartbeat_interval() = wire::ToWire(absl::Milliseconds(100));
    stream.Write(message);
    const std::string canonical = SuiteThatWaits();
    for (std::uint64_t lease = 1; lease <= 2; ++lease) {
      v1::Assignment* assignment = message.mutable_assignment();
      assignment->set_bundle_content(canonical);
      assignment->mutable_bundle()->set_digest(wire::Digest(canonical).value());
      assignment->mutable_selection()->set_repeat(1);
      assignment->set_job("job");
      assignment->set_shard(lease);
      assignment->set_attempt(1);
      assignment->set_lease(lease);
      stream.Write(message);
    }
  }

  bool says_so_ = false;
  std::uint64_t answered_ = 0;
  std::vector<std::pair<std::uint64_t, v1::ShardEnd>> ends_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

TEST(NotRenewed, LeasesRunOutWhileOthersGoOnAndWhatFollowsIsHeard) {
  HalfRenewingCoordinator coordinator;
  boost::asio::io_context strand(1);
  const auto work = boost::asio::make_work_guard(strand);
  AgentOptions options;
  options.facts.id = AgentId("eu-1");
  options.facts.region = RegionName("eu-west-1");
  options.max_shards = 2;
  Agent agent(strand, std::move(options),
              Endpoints({coordinator.address()},
                        [](const std::string& address) {
                          return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
                        }),
              Agent::Handlers{.on_session = [] {}, .on_stopped = [&](int) { strand.stop(); }});
  ASSERT_TRUE(agent.Start().ok());
  strand.run();
  EXPECT_TRUE(coordinator.says_so());
  ASSERT_EQ(coordinator.ends().size(), 2u);
  EXPECT_EQ(coordinator.ends()[0], std::pair(std::uint64_t{1}, v1::SHARD_END_EXPIRED));
  EXPECT_EQ(coordinator.ends()[1], std::pair(std::uint64_t{2}, v1::SHARD_END_CANCELLED));
}

}  // namespace
}  // namespace wsfleet::agent
