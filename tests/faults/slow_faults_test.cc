#include <signal.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/faults/network_faults.h"
#include "tests/support/latency_proxy.h"

// Rows 13 to 15 of the faults: a way to the coordinator that is long, narrow, or ends at somebody who does not read.
namespace wsfleet::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr std::size_t kSpoolBytes = 1 << 20;
// What a coordinator allows an agent to send ahead of its acknowledgements.
constexpr std::size_t kCredits = 16, kBytesInFlight = 128 << 10;

// The largest number that the agent has logged beside this name.
std::size_t Largest(const std::string& name, const std::string& log) {
  const std::regex pattern(name + "=([0-9]+)");
  std::size_t largest = 0;
  for (std::sregex_iterator found(log.begin(), log.end(), pattern), end; found != end; ++found) {
    largest = std::max<std::size_t>(largest, std::stoul((*found)[1]));
  }
  return largest;
}

// What could not be delivered was kept in the spool: neither it nor the stream held more than it may.
void ExpectThrottled(const std::string& log) {
  EXPECT_LE(Largest("spooled_bytes", log), kSpoolBytes);
  const std::size_t batches = Largest("batches_in_flight", log), bytes = Largest("bytes_in_flight", log);
  EXPECT_GT(batches, 0u);
  EXPECT_LE(batches, kCredits);
  EXPECT_LE(bytes, kBytesInFlight);
  EXPECT_GT(Largest("spooled_bytes", log), 3 * bytes) << "the spool was not filled by what had no credit";
}

TEST(Fault13, ALongWayToTheCoordinatorEndsNoLeaseOfTwoSeconds) {
  RealFleet fleet;
  const LatencyProxy proxy(fleet.agent_addresses(), absl::Milliseconds(300));
  fleet.StartAgentIn({.coordinator = proxy.address()}, "ap-1", "ap-south-1");
  FaultyRun run(fleet, 20);
  run.Start();
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.agent("ap-1").err();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
  EXPECT_THAT(fleet.agent("ap-1").err(), Not(HasSubstr("session ended")));
  EXPECT_THAT(run.output(), Not(HasSubstr("attempt 2"))) << fleet.agent("ap-1").err() << fleet.coordinator().err();
}

TEST(Fault13, AConnectionThatBreaksWhileABundleIsOnItsWayRefusesNoShard) {
  RealFleet fleet;
  std::optional<LatencyProxy> first(std::in_place, fleet.agent_addresses(), absl::Milliseconds(300));
  const LatencyProxy second(fleet.agent_addresses(), absl::Milliseconds(1));
  fleet.StartAgentIn({.coordinator = first->address() + "," + second.address()}, "ap-1", "ap-south-1");
  FaultyRun run(fleet, 3);
  run.Start();
  ASSERT_TRUE(AwaitLog(fleet.agent("ap-1"), "shard assigned")) << fleet.agent("ap-1").err();
  first.reset();
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.agent("ap-1").err();
  run.ExpectEachCaseOnce(1);
}

using Fault14 = NetworkFaults;

TEST_F(Fault14, ANarrowWayHoldsNewCasesBackAndEndsNeitherSessionNorLease) {
  RealFleet& fleet = StartFleet("6s");
  StartAgent("eu-1", "eu-west-1", {"--spool-mib", "1"});
  network_->RunIn("eu-1", {"tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "1mbit", "burst", "16kb",
                           "latency", "400ms"});
  FaultyRun run(fleet, {.cases = 44, .pause = "10ms", .bulky = true, .target_behind = network_->In("eu-1")});
  run.Start();
  EXPECT_EQ(run.Wait(), 1) << run.output() << fleet.agent("eu-1").err();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1))) << run.output() << fleet.agent("eu-1").err();
  const std::string log = fleet.agent("eu-1").err();
  EXPECT_THAT(log, HasSubstr("cases wait for the spool"));
  ExpectThrottled(log);
  EXPECT_THAT(log, Not(HasSubstr("session ended")));
}

TEST(Fault15, ACoordinatorThatNeverReadsMakesTheAgentWaitAndLosesNothing) {
  RealFleet::Settings settings;
  settings.lease_time = "60s";
  RealFleet fleet(settings);
  fleet.StartAgent("eu-1", "eu-west-1", {"--spool-mib", "1"});
  FaultyRun run(fleet, {.cases = 80, .pause = "10ms", .bulky = true});
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  fleet.coordinator().Signal(SIGSTOP);
  ASSERT_TRUE(AwaitLog(fleet.agent("eu-1"), "cases wait for the spool")) << fleet.agent("eu-1").err();
  EXPECT_LT(run.SeenByTarget().size(), 79u);
  fleet.coordinator().Signal(SIGCONT);
  EXPECT_EQ(run.Wait(), 1) << run.output() << fleet.agent("eu-1").err();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
  ExpectThrottled(fleet.agent("eu-1").err());
}

TEST(Fault15, WhatIsLostWithALeaseThatTheCoordinatorLetEndIsSaidAndRunAgain) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 20);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  fleet.coordinator().Signal(SIGSTOP);
  ASSERT_TRUE(AwaitLog(fleet.agent("eu-1"), "shard stopped")) << fleet.agent("eu-1").err();
  fleet.coordinator().Signal(SIGCONT);
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.agent("eu-1").err();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.output(), HasSubstr("attempt 1 of 3"));
  EXPECT_THAT(run.output(), HasSubstr("attempt 2 on eu-1"));
}

TEST(Fault15, AShardThatEndedWhileTheCoordinatorWasAwayForLongerThanItsLeaseCountsAndDoesNotRunAgain) {
  RealFleet::Settings settings;
  settings.coordinator_flags = {"--max-attempts", "1"};
  RealFleet fleet(settings);
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 10);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(8)) << run.output();
  fleet.KillCoordinator();
  ASSERT_TRUE(AwaitLog(fleet.agent("eu-1"), "shard ran")) << fleet.agent("eu-1").err();
  absl::SleepFor(absl::Seconds(4));  // two leases
  fleet.StartCoordinator();
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.agent("eu-1").err();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
}

TEST(Fault15, OfAShardWhoseLeaseEndedWithoutACoordinatorOnlyTheRestRunsAgain) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 30);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  fleet.KillCoordinator();
  ASSERT_TRUE(AwaitLog(fleet.agent("eu-1"), "shard stopped")) << fleet.agent("eu-1").err();
  fleet.StartCoordinator();
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.agent("eu-1").err();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(
      run.output(),
      HasSubstr("agent eu-1 stopped it at the end of its lease, which no coordinator had renewed; attempt 1 of 3"));
  // The one that was stopped in its middle.
  EXPECT_LE(std::ranges::count_if(run.SeenByTarget(), [](const auto& seen) { return seen.second > 1; }), 1);
}

}  // namespace
}  // namespace wsfleet::testing
