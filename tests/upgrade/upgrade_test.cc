#include <signal.h>

#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/checker/checker.h"
#include "tests/faults/checker/load.h"
#include "tests/faults/faulty_run.h"
#include "tests/support/postgres_server.h"

// Row 35 of the faults: programs of this revision (N) beside those of the one before (N-1), which
// tests/upgrade/build_previous.py builds. WSFLEET_PREVIOUS_BIN: where they are.
namespace wsfleet::testing {
namespace {

using ::testing::IsEmpty;

std::string Previous(const std::string& program) {
  const char* folder = std::getenv("WSFLEET_PREVIOUS_BIN");
  if (folder == nullptr) throw std::runtime_error("WSFLEET_PREVIOUS_BIN is not set: where the previous programs are");
  return std::string(folder) + "/" + program;
}

class Fault35 : public ::testing::Test {
 protected:
  static RealFleet::Settings Mixed(bool old_coordinator, bool old_agent, bool old_client) {
    RealFleet::Settings settings;
    settings.lease_time = "20s";
    if (old_coordinator) settings.coordinator.name = Previous("wsfleet-coordinator");
    if (old_agent) settings.agent.name = Previous("wsfleet-agent");
    if (old_client) settings.client.name = Previous("wsfleet");
    return settings;
  }

  // A run through everything that a pair of them says to each other: assignment, results, a reconnect, a drain.
  static void ExpectARunToPass(const RealFleet::Settings& settings) {
    RealFleet fleet(settings);
    fleet.StartAgent("eu-1", "eu-west-1");
    fleet.StartAgent("eu-2", "eu-west-1");
    FaultyRun run(fleet, 12);
    run.Start({"--from", "eu-1"});
    ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
    fleet.KillCoordinator();
    fleet.StartCoordinator();
    EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.coordinator().err();
    run.ExpectEachCaseOnce(1);
    fleet.agent("eu-2").Signal(SIGTERM);
    EXPECT_EQ(fleet.agent("eu-2").Wait(absl::Seconds(30)), 0) << fleet.agent("eu-2").err();
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"runs", "list"}, {"agents", "list"}}) {
      EXPECT_EQ(fleet.Run(command).exit_code, 0) << command.front();
    }
  }
};

TEST_F(Fault35, AnOldAgentServesANewCoordinator) { ExpectARunToPass(Mixed(false, true, false)); }
TEST_F(Fault35, ANewAgentServesAnOldCoordinator) { ExpectARunToPass(Mixed(true, false, false)); }
TEST_F(Fault35, AnOldClientIsUnderstoodByANewFleet) { ExpectARunToPass(Mixed(false, false, true)); }
TEST_F(Fault35, ANewClientIsUnderstoodByAnOldFleet) { ExpectARunToPass(Mixed(true, true, false)); }

TEST_F(Fault35, ARunThatTheOldProgramsBeganIsEndedByTheNewOnesOnTheSameStore) {
  RealFleet fleet(Mixed(true, true, true));
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 20);
  run.Start({"--agents-wait", "60s"});
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  fleet.settings().coordinator.name = "wsfleet-coordinator";
  fleet.coordinator().Signal(SIGTERM);
  EXPECT_EQ(fleet.coordinator().Wait(absl::Seconds(30)), 0) << fleet.coordinator().err();
  fleet.StartCoordinator();
  fleet.settings().agent.name = "wsfleet-agent";
  fleet.StartAgent("eu-2", "eu-west-1");
  fleet.agent("eu-1").Signal(SIGTERM);
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.coordinator().err();
  run.ExpectEachCaseOnce(1);
}

TEST_F(Fault35, ReplicasAreReplacedOneAfterTheOtherUnderLoadWithoutAFailedRun) {
  const PostgresDatabase database;
  RealFleet::Settings settings = Mixed(true, true, false);
  settings.postgres_url = database.url();
  settings.replicas = 2;
  RealFleet fleet(settings);
  const Model model{1, {"1", "2"}, 2, "passed"};
  TargetServer target(DemoTarget({"accept-any-token"}));
  fleet.StartAgent("eu-1", "eu-west-1");
  Load load(fleet, target.ws_url(), model, 3);
  fleet.settings().coordinator.name = "wsfleet-coordinator";
  for (std::size_t replica : {0, 1}) {
    const std::size_t before = load.finished_runs();
    ASSERT_TRUE(WaitUntil([&] { return load.finished_runs() >= before + 3; }));
    fleet.coordinator(replica).Signal(SIGTERM);
    EXPECT_EQ(fleet.coordinator(replica).Wait(absl::Seconds(30)), 0) << fleet.coordinator(replica).err();
    fleet.StartCoordinator(replica);
  }
  fleet.settings().agent.name = "wsfleet-agent";
  fleet.StartAgent("eu-2", "eu-west-1");
  fleet.agent("eu-1").Signal(SIGTERM);
  const std::size_t before = load.finished_runs();
  EXPECT_TRUE(WaitUntil([&] { return load.finished_runs() >= before + 3; }));
  const std::vector<Testimony> testimonies = load.Finish();
  for (std::size_t replica : {0, 1}) {
    fleet.coordinator(replica).Signal(SIGTERM);
    EXPECT_EQ(fleet.coordinator(replica).Wait(absl::Seconds(30)), 0) << fleet.coordinator(replica).err();
  }
  const auto stored = ReadStored(fleet.store());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT(Check(model, testimonies, *stored, ReadTargetLog(target.access_log())), IsEmpty());
}

}  // namespace
}  // namespace wsfleet::testing
