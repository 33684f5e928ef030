#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"

// Rows 5 to 7 and 36 to 38 of the faults.
namespace wsfleet::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
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
  fleet.agent("eu-1").Signal(SIGCONT);
  EXPECT_TRUE(WaitUntil([&] { return fleet.agent("eu-1").err().find("shard abandoned") != std::string::npos; }))
      << fleet.agent("eu-1").err();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
}

TEST(Fault26, AFullDiskUnderTheSpoolHoldsNewCasesBackAndLosesNothing) {
  RealFleet fleet(LeaseOf("60s"));
  const std::string spool = (fleet.directory().path() / "spool").string();
  std::filesystem::create_directory(spool);
  // A page for the owner's name and two batches.
  const std::string mount = "mount -t tmpfs -o size=12k none " + spool + " && exec \"$@\"";
  fleet.StartAgentBehind({"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"}, "eu-1",
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

}  // namespace
}  // namespace wsfleet::testing
