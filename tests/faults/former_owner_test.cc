#include <signal.h>

#include <map>
#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/support/postgres_server.h"

// Rows 8 and 24 of the faults where they are closest: an owner is stopped between what it has decided and its commit,
// and goes on when another one owns the fleet. Its clock does not help: nothing is asked between the two. What it
// commits must be refused by the store.
namespace wsfleet::testing {
namespace {

using ::testing::Each;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kRefused[] = "failpoint: the commit came to ABORTED: another coordinator owns fleet default now";

class FormerOwner : public ::testing::Test {
 protected:
  // One of them is started again with this failpoint, and owns the fleet when the other one is.
  void HandTheFleetToOneThatStops(const std::string& failpoint) {
    ASSERT_TRUE(WaitUntil([&] { return fleet_.Owner().has_value(); }));
    later_ = *fleet_.Owner();
    former_ = 1 - later_;
    fleet_.KillCoordinator(former_);
    fleet_.settings().coordinator = {FailingCoordinator(), {{"WSFLEET_FAILPOINT", failpoint}}, {}};
    fleet_.StartCoordinator(former_);
    fleet_.coordinator(later_).Signal(SIGTERM);
    ASSERT_EQ(fleet_.coordinator(later_).Wait(absl::Seconds(20)), 0);
    ASSERT_TRUE(AwaitLog(fleet_.coordinator(former_), "fleet loaded")) << fleet_.coordinator(former_).err();
    fleet_.settings().coordinator = {"wsfleet-coordinator", {}, {}};
    fleet_.StartCoordinator(later_);
  }
  ChildProcess& former() { return fleet_.coordinator(former_); }
  ChildProcess& later() { return fleet_.coordinator(later_); }

  bool AwaitTakeover() { return AwaitLog(former(), "failpoint: stops") && AwaitLog(later(), "fleet loaded"); }

  // Of those who are asked, one takes connections and answers none until it goes on.
  boost::json::value AskLater(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json", "--coordinator", fleet_.client_address(later_)});
    const Finished asked = fleet_.Run(arguments);
    EXPECT_EQ(asked.exit_code, 0) << asked.err;
    return asked.exit_code == 0 ? boost::json::parse(asked.out) : boost::json::value();
  }

  PostgresServer server_;
  RealFleet fleet_{TwoReplicasOn(server_.CreateDatabase("fleet"))};
  std::size_t former_ = 0, later_ = 0;
};

TEST_F(FormerOwner, Fault08CommitsNothingThatItHadDecidedWhileItWasTheOwner) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  HandTheFleetToOneThatStops("before result stop 2");
  FaultyRun run(fleet_, 40);
  run.Start();
  ASSERT_TRUE(AwaitTakeover()) << former().err() << later().err();
  ASSERT_TRUE(AwaitLog(later(), "agent connects")) << later().err();
  former().Signal(SIGCONT);
  EXPECT_TRUE(AwaitLog(former(), kRefused)) << former().err();
  EXPECT_TRUE(AwaitLog(former(), "fleet given up")) << former().err();
  EXPECT_EQ(run.Wait(), 0) << run.output() << later().err();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.output(), Not(::testing::HasSubstr("attempt 2")));
}

constexpr char kSchedules[] = R"(version: wsfleet/v1
schedules:
  - name: gate
    every: 1s
    overlap: allow
    catch_up: 1h
    run: {suites: [gate.wsfleet.yaml]}
)";

constexpr char kGate[] = R"(version: wsfleet/v1
name: gate
target: "ws://127.0.0.1:1"
scenarios:
  - name: answers
    steps: [{http: {get: /health, expect: {status: 200}}}]
)";

TEST_F(FormerOwner, Fault24StartsNoSecondRunOfATimeThatTheOtherOneHasTakenMeanwhile) {
  fleet_.directory().Write("gate.wsfleet.yaml", kGate);
  const Finished applied = fleet_.Run({"schedules", "apply", "-f", fleet_.directory().Write("s.yaml", kSchedules)});
  ASSERT_EQ(applied.exit_code, 0) << applied.err;
  HandTheFleetToOneThatStops("before tick stop");
  ASSERT_TRUE(AwaitTakeover()) << former().err() << later().err();
  const auto started = [&] {
    const boost::json::value schedule = AskLater({"schedules", "get", "gate"});
    return schedule.is_object() ? schedule.at("started").to_number<std::int64_t>() : 0;
  };
  // It has caught up with the time that the former owner was about to take, which is the first one.
  const std::int64_t before = started();
  ASSERT_TRUE(WaitUntil([&] { return started() > before + 2; })) << later().err();
  former().Signal(SIGCONT);
  EXPECT_TRUE(AwaitLog(former(), kRefused)) << former().err();
  EXPECT_EQ(fleet_.Run({"schedules", "pause", "gate"}).exit_code, 0);

  std::map<std::string, int> runs;
  const boost::json::value listed = AskLater({"runs", "list", "--limit", "1000"});
  for (const boost::json::value& run : listed.as_array()) ++runs[std::string(run.at("tick").as_string())];
  EXPECT_THAT(runs, Each(Pair(::testing::_, 1)));
  EXPECT_THAT(runs, SizeIs(static_cast<std::size_t>(started())));
}

}  // namespace
}  // namespace wsfleet::testing
