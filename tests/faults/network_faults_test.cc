#include "tests/faults/network_faults.h"

#include <map>
#include <regex>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "gmock/gmock.h"

// Rows 9 to 12, 18 and 34 of the faults: what a network does to the way between agents and their coordinator.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kLeaseEnded[] = "the lease ended, and no coordinator had renewed it";

using Fault09 = NetworkFaults;

TEST_F(Fault09, AnAgentInABlackHoleStopsByItselfAndItsShardRunsElsewhere) {
  RealFleet& fleet = StartFleet("2s");
  StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 20);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  CutOff("eu-1");
  ASSERT_TRUE(AwaitLog(fleet.agent("eu-1"), kLeaseEnded)) << fleet.agent("eu-1").err();
  const std::size_t begun = run.SeenByTarget("eu-1").size();
  StartAgent("eu-2", "eu-west-1");
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.output(), HasSubstr("attempt 2 on eu-2"));
  // It could reach the target all the time. One case may have begun while it was told to stop.
  EXPECT_LE(run.SeenByTarget("eu-1").size(), begun + 1);
  EXPECT_LT(begun, 20u);
}

TEST_F(Fault09, ARunWhoseOnlyAgentIsInABlackHoleEndsAndNamesIt) {
  RealFleet& fleet = StartFleet("2s");
  StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 20);
  run.Start({"--agents-wait", "1s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  CutOff("eu-1");
  EXPECT_EQ(run.Wait(), 3) << run.output();
  EXPECT_THAT(run.output(), HasSubstr("agent eu-1 was lost"));
  EXPECT_THAT(run.output(), HasSubstr("no agent in eu-west-1 within 1s"));
  EXPECT_TRUE(AwaitLog(fleet.agent("eu-1"), kLeaseEnded)) << fleet.agent("eu-1").err();
}

using Fault10 = NetworkFaults;

TEST_F(Fault10, TheWayToTheCoordinatorIsLostAndBothSidesNotice) {
  RealFleet& fleet = StartFleet("2s");
  StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 12);
  run.Start({"--agents-wait", "60s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  network_->SetRules("eu-1", {.leaving = Leaving("drop")});
  // Three heartbeats, and a lease time; not the minutes that TCP takes.
  const absl::Duration limit = absl::Seconds(10);
  EXPECT_TRUE(AwaitLog(fleet.agent("eu-1"), "coordinator does not answer", limit)) << fleet.agent("eu-1").err();
  EXPECT_TRUE(AwaitLog(fleet.coordinator(), "nothing was heard for 2s", limit)) << fleet.coordinator().err();
  Heal("eu-1");
  EXPECT_TRUE(AwaitSessions("eu-1", 2)) << fleet.agent("eu-1").err();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
}

TEST_F(Fault10, TheWayBackIsLostAndTheAgentStopsWhatItCannotKnowToBeItsOwn) {
  RealFleet& fleet = StartFleet("2s");
  StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 12);
  run.Start({"--agents-wait", "60s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  network_->SetRules("eu-1", {.arriving = Arriving("drop")});
  const absl::Duration limit = absl::Seconds(10);
  EXPECT_TRUE(AwaitLog(fleet.agent("eu-1"), "coordinator does not answer", limit)) << fleet.agent("eu-1").err();
  EXPECT_TRUE(AwaitLog(fleet.agent("eu-1"), kLeaseEnded, limit)) << fleet.agent("eu-1").err();
  EXPECT_TRUE(AwaitLog(fleet.coordinator(), "agent stream ends agent=eu-1", limit)) << fleet.coordinator().err();
  Heal("eu-1");
  EXPECT_TRUE(AwaitSessions("eu-1", 2)) << fleet.agent("eu-1").err();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
}

using Fault11 = NetworkFaults;

// Each `retry_in=` of an agent's log.
std::vector<std::string> Pauses(const std::string& log) {
  static const std::regex kPattern("retry_in=([^ ]+)");
  std::vector<std::string> pauses;
  for (std::sregex_iterator found(log.begin(), log.end(), kPattern), end; found != end; ++found) {
    pauses.push_back((*found)[1]);
  }
  return pauses;
}

// As FormatElapsed() writes them: "187ms", "1.2s".
double Milliseconds(const std::string& pause) {
  absl::Duration duration;
  EXPECT_TRUE(absl::ParseDuration(pause, &duration)) << pause;
  return absl::ToDoubleMilliseconds(duration);
}

TEST_F(Fault11, ResetsAreSurvivedWithoutADuplicateAndRetriesAreSpread) {
  constexpr std::size_t kResets = 8;
  RealFleet& fleet = StartFleet("20s");
  StartAgent("eu-1", "eu-west-1");
  StartAgent("us-1", "us-east-1");
  FaultyRun run(fleet, 60);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  std::map<std::string, std::set<double>> first_pauses;
  for (std::size_t reset = 1; reset <= kResets; ++reset) {
    for (const char* agent : {"eu-1", "us-1"}) {
      const std::size_t before = Pauses(fleet.agent(agent).err()).size();
      network_->SetRules(agent, {.leaving = Leaving("reject with tcp reset")});
      const auto broken = [&] { return Pauses(fleet.agent(agent).err()).size() > before; };
      ASSERT_TRUE(WaitUntil(broken)) << fleet.agent(agent).err();
      Heal(agent);
      // What comes after it doubles anyway.
      first_pauses[agent].insert(Milliseconds(Pauses(fleet.agent(agent).err()).at(before)));
    }
    for (const char* agent : {"eu-1", "us-1"}) {
      ASSERT_TRUE(AwaitSessions(agent, reset + 1)) << fleet.agent(agent).err();
    }
  }
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(2);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
  for (const auto& [agent, pauses] : first_pauses) {
    EXPECT_THAT(pauses, SizeIs(Gt(kResets / 2))) << agent;
    EXPECT_THAT(pauses, Each(AllOf(Ge(160), Le(240)))) << agent;
  }
  EXPECT_NE(first_pauses.at("eu-1"), first_pauses.at("us-1"));
}

using Fault12 = NetworkFaults;

TEST_F(Fault12, ATenthOfThePacketsIsLostAndNothingElse) {
  RealFleet& fleet = StartFleet("10s");
  for (const auto& [agent, region] : {std::pair{"eu-1", "eu-west-1"}, {"us-1", "us-east-1"}}) {
    StartAgent(agent, region);
    const std::string fate = "numgen random mod 100 < 10 counter drop";
    network_->SetRules(agent, {.leaving = Leaving(fate), .arriving = Arriving(fate)});
  }
  FaultyRun run(fleet, {.cases = 60, .pause = "100ms"});
  run.Start();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(2);
  for (const char* agent : {"eu-1", "us-1"}) {
    EXPECT_THAT(network_->RunIn(agent, {"nft", "list", "ruleset"}), Not(HasSubstr("counter packets 0 ")));
  }
}

using Fault18 = NetworkFaults;

TEST_F(Fault18, AHalfOpenConnectionIsClosedOnTheSideThatIsLeft) {
  RealFleet& fleet = StartFleet("2s");
  StartAgent("eu-1", "eu-west-1");
  ASSERT_THAT(ConnectionsInMiddle(), Not(IsEmpty()));
  CutOff("eu-1");
  // Its kernel's last words are lost too.
  fleet.KillAgent("eu-1");
  EXPECT_TRUE(AwaitLog(fleet.coordinator(), "nothing was heard for 2s")) << fleet.coordinator().err();
  EXPECT_TRUE(WaitUntil([&] { return ConnectionsInMiddle().empty(); }, absl::Seconds(60))) << ConnectionsInMiddle();
}

TEST_F(Fault18, AnAgentDialsAnewWhereItsConnectionIsDeadAndDoesNotKnow) {
  RealFleet& fleet = StartFleet("2s");
  StartAgent("eu-1", "eu-west-1");
  CutOff("eu-1");
  ASSERT_TRUE(AwaitLog(fleet.agent("eu-1"), "coordinator does not answer")) << fleet.agent("eu-1").err();
  EXPECT_TRUE(WaitUntil([&] { return ConnectionsAt("eu-1").empty(); }, absl::Seconds(60))) << ConnectionsAt("eu-1");
  Heal("eu-1");
  EXPECT_TRUE(AwaitSessions("eu-1", 2)) << fleet.agent("eu-1").err();
}

TEST_F(Fault18, ABundleThatWasAskedForOnADeadConnectionIsAskedForOnTheNext) {
  RealFleet& fleet = StartFleet("6s");
  StartAgent("eu-1", "eu-west-1");
  // What is as large as this run's bundle does not pass on this connection any more; heartbeats and assignments do.
  const std::string connection = ConnectionsAt("eu-1");
  std::smatch local;
  ASSERT_TRUE(std::regex_search(connection, local, std::regex(":([0-9]+) "))) << connection;
  network_->SetRules("eu-1", {.arriving = Arriving("tcp dport " + local[1].str() + " meta length > 600 drop")});
  FaultyRun run(fleet, {.cases = 100, .pause = "1ms", .large = true});
  run.Start({"--agents-wait", "5s"});
  EXPECT_TRUE(AwaitSessions("eu-1", 2)) << fleet.agent("eu-1").err();
  EXPECT_THAT(fleet.agent("eu-1").err(), HasSubstr("shard assigned"));
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.agent("eu-1").err();
  run.ExpectEachCaseOnce(1);
}

using Fault34 = NetworkFaults;

TEST_F(Fault34, ACancelDuringAPartitionStopsTheAgentByItsLeasesEndAndStays) {
  RealFleet& fleet = StartFleet("2s");
  StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 40);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  CutOff("eu-1");
  const std::string id = run.id();
  ASSERT_EQ(fleet.Run({"runs", "cancel", id}).exit_code, 0);
  EXPECT_EQ(run.Wait(), 130) << run.output();
  ASSERT_TRUE(AwaitLog(fleet.agent("eu-1"), kLeaseEnded)) << fleet.agent("eu-1").err();
  const std::size_t begun = run.SeenByTarget().size();
  const Finished before = fleet.Run({"runs", "get", id, "-o", "json"});
  EXPECT_EQ(boost::json::parse(before.out).at("verdict").as_string(), "cancelled") << before.out;
  Heal("eu-1");
  // What it still had changes nothing.
  EXPECT_TRUE(AwaitLog(fleet.agent("eu-1"), "DISPOSITION_LATE")) << fleet.agent("eu-1").err();
  EXPECT_EQ(fleet.Run({"runs", "get", id, "-o", "json"}).out, before.out);
  EXPECT_LE(run.SeenByTarget().size(), begun + 1);
  EXPECT_LT(begun, 40u);
}

}  // namespace
}  // namespace wsfleet::testing
