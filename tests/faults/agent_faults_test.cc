#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/store/sql/migrations.h"
#include "coordinator/store/sqlite/sqlite_connection.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"

// Rows 5 to 7, 16, 26, 36 and 38 of the faults: agents that are killed, stopped, drained or out of disk.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

RealFleet::Settings LeaseOf(const std::string& lease_time) {
  RealFleet::Settings settings;
  settings.lease_time = lease_time;
  return settings;
}

// How many of the results that are stored are of this attempt, also while the coordinator runs.
std::size_t StoredOfAttempt(const RealFleet& fleet, int attempt) {
  const auto connection = store::SqliteConnection::Open(fleet.store(), store::SqliteConnection::Mode::kReader).value();
  return static_cast<std::size_t>(
      store::ReadNumber(*connection, fmt::format("SELECT count(*) FROM case_result WHERE attempt = {}", attempt))
          .value());
}

// (attempt, seq) of every batch of results.
using Batches = std::set<std::pair<std::int64_t, std::int64_t>>;

Batches StoredBatches(const RealFleet& fleet) {
  Batches batches;
  const auto connection = store::SqliteConnection::Open(fleet.store(), store::SqliteConnection::Mode::kReader).value();
  store::Statement statement = connection->Prepare("SELECT attempt, seq FROM batch");
  for (auto row = statement.Step(); row.ok() && *row; row = statement.Step()) {
    batches.emplace(statement.Int(0), statement.Int(1));
  }
  return batches;
}

// Of the files LEASE-SEQ.batch, both in hexadecimal. The first lease is the first attempt.
Batches SpooledBatches(const std::string& spool) {
  Batches batches;
  for (const auto& file : std::filesystem::directory_iterator(spool)) {
    if (file.path().extension() != ".batch") continue;
    const std::string name = file.path().filename().string();
    batches.emplace(std::stol(name, nullptr, 16), std::stol(name.substr(name.find('-') + 1), nullptr, 16));
  }
  return batches;
}

TEST(Fault05, AnAgentKilledInMidShardRunsOnlyTheCasesAgainThatHadNoCommittedResult) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 10);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(5)) << run.output();
  fleet.KillAgent("eu-1");
  fleet.StartAgent("eu-1", "eu-west-1");
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.output(), HasSubstr("agent eu-1 was restarted; attempt 1 of 3"));
  // At most the case that ran when it was killed, and the one whose result was on its way.
  int twice = 0;
  for (const auto& [id, times] : run.SeenByTarget()) {
    EXPECT_LE(times, 2) << id;
    if (times == 2) ++twice;
  }
  EXPECT_LE(twice, 2);
}

TEST(Fault05, AnAgentKilledForGoodIsLostWhenItsLeaseEndsAndAnotherRunsTheRest) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 10);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(5)) << run.output();
  fleet.KillAgent("eu-1");
  fleet.StartAgent("eu-2", "eu-west-1");
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.output(), HasSubstr("agent eu-1 was lost; attempt 1 of 3"));
  EXPECT_THAT(run.output(), HasSubstr("attempt 2 on eu-2"));
  // Each case is either that of the first one, whose result it had reported, or of the second.
  const std::size_t of_first = StoredOfAttempt(fleet, 1), of_second = StoredOfAttempt(fleet, 2);
  EXPECT_EQ(of_first + of_second, 10u);
  EXPECT_EQ(run.SeenByTarget("eu-2").size(), of_second);
  // But for the case that ran when it was killed, and the one whose result was on its way.
  EXPECT_GE(of_first + 2, run.SeenByTarget("eu-1").size());
}

TEST(Fault06, AnAgentKilledWithAFullSpoolDeliversItAfterItsRestartUnderTheSameNumbers) {
  RealFleet::Settings settings = LeaseOf("60s");
  // The second batch is stored, and nothing is acknowledged from there on.
  settings.coordinator = {FailingCoordinator(), {{"WSFLEET_FAILPOINT", "after result kill 2"}}, {}};
  RealFleet fleet(settings);
  fleet.settings().coordinator = {"wsfleet-coordinator", {}, {}};
  const std::string spool = (fleet.directory().path() / "spool").string();
  fleet.StartAgent("eu-1", "eu-west-1", {"--spool-dir", spool});
  FaultyRun run(fleet, 10);
  run.Start();
  ASSERT_EQ(fleet.coordinator().Wait(absl::Seconds(30)), 137) << fleet.coordinator().err() << run.output();
  ASSERT_TRUE(run.AwaitBegun(10));
  const auto unacknowledged = [&] {
    static const std::regex kPattern("shard ran .*unacknowledged_batches=([0-9]+)");
    const std::string log = fleet.agent("eu-1").err();
    std::smatch found;
    return std::regex_search(log, found, kPattern) ? std::stoul(found[1]) : 0;
  };
  ASSERT_TRUE(WaitUntil([&] { return unacknowledged() > 0 && SpooledBatches(spool).size() == unacknowledged(); }))
      << fleet.agent("eu-1").err();
  fleet.KillAgent("eu-1");
  const Batches spooled = SpooledBatches(spool), stored = StoredBatches(fleet);
  EXPECT_THAT(stored, ElementsAre(Pair(1, 1), Pair(1, 2)));
  EXPECT_THAT(spooled, AllOf(Contains(Pair(1, 2)), Not(Contains(Pair(1, 1))), SizeIs(Ge(2u))));
  fleet.StartCoordinator();
  fleet.StartAgent("eu-1", "eu-west-1", {"--spool-dir", spool});
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
  EXPECT_TRUE(WaitUntil([&] { return SpooledBatches(spool).empty(); }));
  Batches expected = spooled;
  expected.insert(stored.begin(), stored.end());
  EXPECT_EQ(StoredBatches(fleet), expected);
}

TEST(Fault07, AStoppedAgentLosesItsLeaseAndIsNotBelievedAfterwards) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 10);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  fleet.agent("eu-1").Signal(SIGSTOP);
  fleet.StartAgent("eu-2", "eu-west-1");
  ASSERT_TRUE(WaitUntil([&] { return run.output().find("attempt 2 on eu-2") != std::string::npos; })) << run.output();
  const std::size_t begun = run.SeenByTarget("eu-1").size();
  fleet.agent("eu-1").Signal(SIGCONT);
  EXPECT_TRUE(WaitUntil([&] { return fleet.agent("eu-1").err().find("shard abandoned") != std::string::npos; }))
      << fleet.agent("eu-1").err();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  // One case may have begun before it was told.
  EXPECT_LE(run.SeenByTarget("eu-1").size(), begun + 1);
  EXPECT_LT(begun, 10u);
}

TEST(Fault07, WhatAStoppedAgentStillHasToReportIsRefusedWhenItGoesOn) {
  RealFleet fleet(LeaseOf("5s"));
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 40);
  run.Start({"--agents-wait", "60s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  // What ends from here on, it keeps.
  fleet.KillCoordinator();
  const std::size_t reported = run.SeenByTarget("eu-1").size();
  ASSERT_TRUE(run.AwaitBegun(reported + 3));
  fleet.agent("eu-1").Signal(SIGSTOP);
  const auto of_first = run.SeenByTarget("eu-1");
  fleet.StartCoordinator();
  fleet.StartAgent("eu-2", "eu-west-1");
  // Cases are run in the order of the plan: what the first one has and could not report is stored as the second one's.
  ASSERT_TRUE(WaitUntil([&] { return StoredOfAttempt(fleet, 2) >= of_first.size(); })) << run.output();
  fleet.agent("eu-1").Signal(SIGCONT);
  EXPECT_TRUE(AwaitLog(fleet.agent("eu-1"), "disposition=DISPOSITION_FENCED")) << fleet.agent("eu-1").err();
  EXPECT_THAT(fleet.agent("eu-1").err(), HasSubstr("results not counted lease=1 "));
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_EQ(StoredOfAttempt(fleet, 1) + StoredOfAttempt(fleet, 2), 40u);
  EXPECT_EQ(StoredOfAttempt(fleet, 2), run.SeenByTarget("eu-2").size());
}

TEST(Fault16, AnAgentThatReadsNothingLosesItsSessionAndOthersGoOn) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  fleet.StartAgent("us-1", "us-east-1");
  FaultyRun run(fleet, 12);
  run.Start({"--agents-wait", "1s"});
  ASSERT_TRUE(run.AwaitBegun(4)) << run.output();
  fleet.agent("us-1").Signal(SIGSTOP);
  EXPECT_TRUE(AwaitLog(fleet.coordinator(), "agent stream ends agent=us-1")) << fleet.coordinator().err();
  EXPECT_EQ(run.Wait(), 3) << run.output();
  EXPECT_THAT(run.output(), HasSubstr("agent us-1 was lost; attempt 1 of 3; no agent in us-east-1 within 1s"));
  const auto others = run.SeenByTarget("eu-1");
  EXPECT_EQ(others.size(), 12u);
  EXPECT_THAT(others, Each(Pair(::testing::_, 1)));
  EXPECT_THAT(fleet.agent("eu-1").err(), Not(HasSubstr("session ended")));
  // It is welcome again.
  fleet.agent("us-1").Signal(SIGCONT);
  EXPECT_TRUE(AwaitLog(fleet.agent("us-1"), "session begins epoch=2")) << fleet.agent("us-1").err();
}

TEST(Fault26, AFullDiskUnderTheSpoolHoldsNewCasesBackAndLosesNothing) {
  RealFleet fleet(LeaseOf("60s"));
  const std::string spool = (fleet.directory().path() / "spool").string();
  std::filesystem::create_directory(spool);
  // A page for the owner's name and two batches.
  const std::string mount = "mount -t tmpfs -o size=12k none " + spool + " && exec \"$@\"";
  fleet.StartAgentIn({.behind = {"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"}}, "eu-1",
                     "eu-west-1", {"--spool-dir", spool});
  FaultyRun run(fleet, 40);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  fleet.coordinator().Signal(SIGSTOP);
  const auto agent_says = [&](const std::string& what) {
    return WaitUntil([&] { return fleet.agent("eu-1").err().find(what) != std::string::npos; });
  };
  EXPECT_TRUE(agent_says("No space left on device")) << fleet.agent("eu-1").err();
  EXPECT_TRUE(agent_says("cases wait for the spool")) << fleet.agent("eu-1").err();
  EXPECT_LT(run.SeenByTarget().size(), 39u);
  fleet.coordinator().Signal(SIGCONT);
  EXPECT_TRUE(agent_says("cases go on")) << fleet.agent("eu-1").err();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
}

TEST(Fault36, AShardThatOutlastsItsAgentsDrainIsGivenBackAndRunsElsewhere) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1", {"--drain-limit", "200ms"});
  FaultyRun run(fleet, {.cases = 3, .pause = "2s"});
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(1)) << run.output();
  fleet.StartAgent("eu-2", "eu-west-1");
  fleet.agent("eu-1").Signal(SIGTERM);
  EXPECT_EQ(fleet.agent("eu-1").Wait(absl::Seconds(30)), 0) << fleet.agent("eu-1").err();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.output(), HasSubstr("agent eu-1 gave it back"));
  EXPECT_THAT(run.output(), HasSubstr("attempt 2 on eu-2"));
  EXPECT_EQ(run.SeenByTarget("eu-2").size(), 3u);
}

// Ends whoever runs it, at the moment of its request.
constexpr char kFatal[] = R"(version: wsfleet/v1
name: deadly
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios:
  - name: deadly
    steps: [http: {get: "/fatal", expect: {status: 200}}]
)";

// As a service manager would: whichever of them died is started again.
std::size_t Revive(RealFleet& fleet, const std::map<std::string, std::vector<std::string>>& flags) {
  std::size_t died = 0;
  for (const auto& [id, of_it] : flags) {
    if (fleet.agent(id).running()) continue;
    EXPECT_EQ(fleet.agent(id).Wait(absl::Seconds(10)), 128 + SIGABRT);
    ++died;
    fleet.StartAgent(id, "eu-west-1", of_it);
  }
  return died;
}

void ExpectStopAtTheAttemptCap(
    const std::function<std::vector<std::string>(RealFleet&, const std::string&)>& flags_of) {
  RealFleet::Settings settings;
  settings.agent.environment = {{"LD_PRELOAD", FatalRequest()}, {"WSFLEET_FATAL_REQUEST", "/fatal"}};
  RealFleet fleet(settings);
  std::map<std::string, std::vector<std::string>> flags;
  for (const std::string id : {"eu-1", "eu-2"}) {
    flags[id] = flags_of(fleet, id);
    fleet.StartAgent(id, "eu-west-1", flags[id]);
  }
  TargetServer target(DemoTarget());
  ChildProcess run(fleet.Client({"run", fleet.directory().Write("deadly.wsfleet.yaml", kFatal), "--var",
                                 "target=" + target.ws_url(), "--agents-wait", "30s", "--report", "json=run.json"}));
  std::size_t deaths = 0;
  ASSERT_TRUE(WaitUntil([&] { return (deaths += Revive(fleet, flags)) >= 3 && !run.running(); }, absl::Minutes(1)))
      << run.out() << run.err();
  EXPECT_EQ(run.Wait(absl::Seconds(10)), 3) << run.out() << run.err();
  EXPECT_THAT(run.out() + run.err(), HasSubstr("attempt 3 of 3"));
  EXPECT_EQ(deaths, 3u);
  // Both are there, nobody is given it again, and they do other work.
  const Finished after = fleet.Run({"probe", target.ws_url() + "/health", "--from", "eu-west-1"});
  EXPECT_THAT(after.out, HasSubstr("eu-west-1")) << after.err;
  EXPECT_EQ(Revive(fleet, flags), 0u);
  EXPECT_THAT(target.access_log(), Not(HasSubstr("/fatal")));
}

TEST(Fault38, AJobThatKillsItsAgentsStopsAtTheAttemptCap) {
  ExpectStopAtTheAttemptCap([](RealFleet&, const std::string&) { return std::vector<std::string>{}; });
}

TEST(Fault38, SoItDoesIfTheyKnowAfterwardsWhatTheyWereDoing) {
  ExpectStopAtTheAttemptCap([](RealFleet& fleet, const std::string& id) {
    return std::vector<std::string>{"--spool-dir", (fleet.directory().path() / ("spool-" + id)).string()};
  });
}

}  // namespace
}  // namespace wsfleet::testing
