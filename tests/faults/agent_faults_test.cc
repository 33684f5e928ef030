#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"

// Rows 5 to 7, 16, 26, 36 and 38 of the faults: agents that are killed, stopped, drained or out of disk.
namespace wsfleet::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

RealFleet::Settings LeaseOf(const std::string& lease_time) {
  RealFleet::Settings settings;
  settings.lease_time = lease_time;
  return settings;
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

TEST(Fault06, AnAgentKilledWithAFullSpoolDeliversItAfterItsRestart) {
  RealFleet fleet(LeaseOf("60s"));
  const std::string spool = (fleet.directory().path() / "spool").string();
  fleet.StartAgent("eu-1", "eu-west-1", {"--spool-dir", spool});
  FaultyRun run(fleet, 10);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  // From here on nothing is acknowledged.
  fleet.coordinator().Signal(SIGSTOP);
  ASSERT_TRUE(run.AwaitBegun(10));
  const auto spooled = [&] {
    return std::ranges::count_if(std::filesystem::directory_iterator(spool),
                                 [](const auto& file) { return file.path().extension() == ".batch"; });
  };
  const auto unacknowledged = [&] {
    static const std::regex kPattern("shard ran .*unacknowledged_batches=([0-9]+)");
    const std::string log = fleet.agent("eu-1").err();
    std::smatch found;
    return std::regex_search(log, found, kPattern) ? std::stol(found[1]) : 0;
  };
  ASSERT_TRUE(WaitUntil([&] { return unacknowledged() > 0 && spooled() == unacknowledged(); }))
      << fleet.agent("eu-1").err();
  fleet.KillAgent("eu-1");
  fleet.coordinator().Signal(SIGCONT);
  fleet.StartAgent("eu-1", "eu-west-1", {"--spool-dir", spool});
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
  EXPECT_TRUE(WaitUntil([&] { return spooled() == 0; }));
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
