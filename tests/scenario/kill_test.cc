#include <signal.h>

#include <map>
#include <string>

#include "absl/time/clock.h"
#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

namespace wsfleet::testing {
namespace {

// Ten cases of about a quarter of a second: long enough to kill somebody in the middle.
constexpr char kSlowSuite[] = R"(version: wsfleet/v1
name: slow
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios:
  - name: echo
    matrix: {round: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}
    steps:
      - http: {get: /health}
      - wait: 250ms
      - http: {get: /health, expect: {status: 200}}
)";

class KilledProcess : public ::testing::Test {
 protected:
  std::vector<std::string> SlowRun(const std::vector<std::string>& further = {}) {
    std::vector<std::string> arguments = {"run",      fleet_.directory().Write("slow.wsfleet.yaml", kSlowSuite),
                                          "--var",    "target=" + target_.ws_url(),
                                          "--report", "json=run.json"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return arguments;
  }

  // Waits until the target has been asked a few times: the run is in its middle.
  void AwaitMiddle() {
    ASSERT_TRUE(WaitUntil([&] {
      const std::string log = target_.access_log();
      return std::count(log.begin(), log.end(), '\n') >= 4;
    }));
  }

  // Every (shard, case) of the record once, and all of them.
  void ExpectEachCaseOnce(std::size_t shards) {
    const auto record = boost::json::parse(ReadWholeFile(fleet_.directory().path() / "run.json"));
    ASSERT_EQ(record.at("shards").as_array().size(), shards);
    for (const auto& shard : record.at("shards").as_array()) {
      std::map<std::string, int> seen;
      for (const auto& result : shard.at("cases").as_array()) {
        ++seen[std::string(result.at("case_id").as_string())];
        EXPECT_EQ(result.at("outcome").as_string(), "passed");
      }
      EXPECT_EQ(seen.size(), 10u);
      for (const auto& [id, times] : seen) EXPECT_EQ(times, 1) << id;
    }
  }

  TargetServer target_{DemoTarget()};
  RealFleet fleet_;
};

TEST_F(KilledProcess, AgentsShardRunsOnTheOtherAgentOfItsRegion) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  fleet_.StartAgent("eu-2", "eu-west-1");
  ChildProcess run(fleet_.Client(SlowRun({"--from", "eu-west-1"})));
  AwaitMiddle();
  // Which of the two works on it, the fleet says.
  const Finished agents = fleet_.Run({"agents", "list", "-o", "json"});
  std::string working;
  const boost::json::value listed = boost::json::parse(agents.out);
  for (const auto& agent : listed.as_array()) {
    if (!agent.at("shards").as_array().empty()) working = std::string(agent.at("agent").as_string());
  }
  ASSERT_FALSE(working.empty()) << agents.out << agents.err;
  fleet_.KillAgent(working);
  const auto exit_code = run.Wait(absl::Seconds(60));
  EXPECT_EQ(exit_code, 0) << run.out() << run.err();
  ExpectEachCaseOnce(1);
}

TEST_F(KilledProcess, OnlyAgentOfARegionEndsTheRunInconclusiveAndIsNamed) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  fleet_.StartAgent("us-1", "us-east-1");
  ChildProcess run(fleet_.Client(SlowRun({"--agents-wait", "2s"})));
  AwaitMiddle();
  fleet_.KillAgent("us-1");
  const auto exit_code = run.Wait(absl::Seconds(60));
  EXPECT_EQ(exit_code, 3) << run.out() << run.err();
  EXPECT_NE(run.out().find("us-east-1"), std::string::npos) << run.out();
  EXPECT_NE(run.out().find("us-1"), std::string::npos) << run.out();
}

TEST_F(KilledProcess, CoordinatorGoesOnAfterItsRestartAndCountsNothingTwice) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  fleet_.StartAgent("us-1", "us-east-1");
  ChildProcess run(fleet_.Client(SlowRun()));
  AwaitMiddle();
  fleet_.KillCoordinator();
  EXPECT_TRUE(WaitUntil([&] { return run.err().find("the connection broke") != std::string::npos; })) << run.err();
  // An outage that outlasts the first attempts to connect again.
  absl::SleepFor(absl::Seconds(3));
  fleet_.StartCoordinator();
  const auto exit_code = run.Wait(absl::Seconds(60));
  EXPECT_EQ(exit_code, 0) << run.out() << run.err();
  ExpectEachCaseOnce(2);
}

TEST_F(KilledProcess, AgentThatIsToldToStopFinishesWhatItHas) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  ChildProcess run(fleet_.Client(SlowRun()));
  AwaitMiddle();
  fleet_.agent("eu-1").Signal(SIGTERM);
  EXPECT_EQ(run.Wait(absl::Seconds(60)), 0) << run.out() << run.err();
  EXPECT_EQ(fleet_.agent("eu-1").Wait(absl::Seconds(30)), 0) << fleet_.agent("eu-1").err();
  ExpectEachCaseOnce(1);
}

}  // namespace
}  // namespace wsfleet::testing
