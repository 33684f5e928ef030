#include <signal.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/support/postgres_server.h"
#include "tests/support/real_fleet.h"
#include "tests/unit/engine/scripted_server.h"

// Row 45 of the faults: two fleets, one budget. What the target itself saw of both together is held against it.
namespace wsfleet::testing {
namespace {

constexpr int kMaxConnections = 12;
constexpr int kSessionsPerSecond = 20;

// Answers pings, and notes when sessions begin and how many there are at once.
class CountingTarget {
 public:
  CountingTarget() : server_([this](ScriptedPeer& peer) { Serve(peer); }) {}

  const ScriptedServer& server() const { return server_; }
  std::vector<absl::Time> begun() const {
    const std::lock_guard lock(mutex_);
    std::vector<absl::Time> sorted = begun_;
    std::ranges::sort(sorted);
    return sorted;
  }
  int most_open() const {
    const std::lock_guard lock(mutex_);
    return most_open_;
  }

 private:
  void Serve(ScriptedPeer& peer) {
    if (peer.AcceptUpgrade().empty()) return;
    {
      const std::lock_guard lock(mutex_);
      begun_.push_back(absl::Now());
      most_open_ = std::max(most_open_, ++open_);
    }
    peer.SendFrame(0x8A, peer.ReadFrame().payload);
    peer.Drain();
    const std::lock_guard lock(mutex_);
    --open_;
  }

  mutable std::mutex mutex_;
  std::vector<absl::Time> begun_;
  int open_ = 0, most_open_ = 0;
  ScriptedServer server_;  // last: its threads use the others
};

class Fault45 : public ::testing::Test {
 protected:
  RealFleet::Settings Sharing(int connections, int sessions_per_second) const {
    RealFleet::Settings settings;
    settings.policy = fmt::format(
        "version: wsfleet/v1\ntargets:\n  - host: 127.0.0.1\n    ports: [{}]\n    budget: {{name: target, connections: "
        "{}, sessions_per_second: {}}}\n",
        target_.server().port(), connections, sessions_per_second);
    settings.own_ca = true;
    return settings;
  }
  // Three sessions at once, three times, each `pause` long.
  std::string Suite(const RealFleet& fleet, const std::string& name, const std::string& pause) const {
    return fleet.directory().Write(
        name + ".wsfleet.yaml",
        fmt::format("version: wsfleet/v1\nname: {}\ntarget: {}\nscenarios:\n  - name: together\n    concurrent: 3\n    "
                    "matrix: {{round: [1, 2, 3]}}\n    deadline: 2m\n    steps:\n      - connect: {{path: /}}\n      - "
                    "ping: {{}}\n      - wait: {}\n",
                    name, target_.server().url(), pause));
  }
  // Of the default fleet and of another one, each with an agent of its own.
  void MakeTwo(RealFleet& fleet) {
    ASSERT_EQ(fleet.Run({"fleet", "create", "blue"}).exit_code, 0);
    for (const std::string name : {"default", "blue"}) {
      const Finished token =
          fleet.Run({"agents", "join-token", "create", "-q", "--region", "eu-west-1", "--pool", name, "--fleet", name});
      ASSERT_EQ(token.exit_code, 0) << token.err;
      StartAgent(fleet, name, token.out);
    }
  }
  void StartAgent(RealFleet& fleet, const std::string& of, const std::string& token) {
    agents_[of] = std::make_unique<ChildProcess>(
        fleet.EnrollingAgent(of + "-1", "eu-west-1", token, {"--fleet", of, "--max-shards", "10"}));
    ChildProcess& agent = *agents_[of];
    ASSERT_TRUE(WaitUntil([&] { return agent.err().find("session begins") != std::string::npos; })) << agent.err();
  }
  CountingTarget target_;
  std::map<std::string, std::unique_ptr<ChildProcess>> agents_;  // by fleet
};

TEST_F(Fault45, TwoFleetsOnTwoCoordinatorsStayWithinOneBudgetTogether) {
  PostgresServer server;
  RealFleet::Settings settings = Sharing(kMaxConnections, kSessionsPerSecond);
  settings.postgres_url = server.CreateDatabase("fleet");
  settings.replicas = 2;
  settings.lease_time = "20s";
  RealFleet fleet(settings);
  MakeTwo(fleet);
  const absl::Time began = absl::Now();
  std::vector<std::unique_ptr<ChildProcess>> runs;
  for (int i = 0; i < 6; ++i) {
    const std::string of = i % 2 == 0 ? "default" : "blue";
    const std::string suite = Suite(fleet, fmt::format("{}-{}", of, i), "200ms");
    runs.push_back(std::make_unique<ChildProcess>(
        fleet.Client({"run", suite, "--fleet", of, "--from", "eu-west-1", "--agents-wait", "2m"})));
  }
  // All would have 18 connections at once, and 54 sessions in about a second.
  for (const auto& run : runs) EXPECT_EQ(run->Wait(absl::Seconds(100)), 0) << run->out() << run->err();
  const std::vector<absl::Time> begun = target_.begun();
  EXPECT_EQ(begun.size(), 54U);
  EXPECT_LE(target_.most_open(), kMaxConnections);
  // A busy machine may hold up one session of each agent, to begin beside the next one.
  for (std::size_t first = 0; first + kSessionsPerSecond + 2 < begun.size(); ++first) {
    EXPECT_GE(begun[first + kSessionsPerSecond + 2] - begun[first], absl::Seconds(1)) << first;
  }
  EXPECT_GE(begun.back() - began, absl::Seconds(54) / kSessionsPerSecond);
}

TEST_F(Fault45, TheShareOfAnAgentThatDiedIsAnotherFleetsAfterItsLease) {
  RealFleet fleet(Sharing(6, 9));
  MakeTwo(fleet);
  ChildProcess blue(fleet.Client({"run", Suite(fleet, "long", "1m"), "--fleet", "blue", "--from", "eu-west-1"}));
  ASSERT_TRUE(WaitUntil([&] { return target_.begun().size() == 3; })) << blue.out() << blue.err();
  ChildProcess waiting(
      fleet.Client({"run", Suite(fleet, "short", "1ms"), "--from", "eu-west-1", "--agents-wait", "1m", "-v"}));
  ASSERT_TRUE(WaitUntil([&] {
    return (waiting.out() + waiting.err()).find("it waits for a share of budget target: 6 of 6 connections") !=
           std::string::npos;
  })) << waiting.out()
      << waiting.err();
  EXPECT_EQ(target_.begun().size(), 3U);
  agents_.at("blue")->Signal(SIGKILL);
  EXPECT_EQ(waiting.Wait(absl::Seconds(60)), 0) << waiting.out() << waiting.err();
  EXPECT_EQ(target_.begun().size(), 12U);
  blue.Signal(SIGINT);
  EXPECT_TRUE(blue.Wait(absl::Seconds(30)).has_value());
}

}  // namespace
}  // namespace wsfleet::testing
