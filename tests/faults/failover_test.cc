#include <signal.h>

#include <cstddef>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/checker/checker.h"
#include "tests/faults/checker/load.h"
#include "tests/faults/faulty_run.h"
#include "tests/support/postgres_server.h"

// Rows 29 to 31 of the faults: the database is killed or another one from now on, and connections to it are cut.
namespace wsfleet::testing {
namespace {

using ::testing::IsEmpty;

bool OneOfThemSays(RealFleet& fleet, const std::string& what) {
  return WaitUntil(
      [&] { return (fleet.coordinator(0).err() + fleet.coordinator(1).err()).find(what) != std::string::npos; });
}

constexpr std::size_t kClients = 3;

// Who saw what, held against the store and the target, when nothing runs any more.
void ExpectNothingLost(RealFleet& fleet, const Model& model, const std::vector<Testimony>& testimonies,
                       const TargetServer& target) {
  for (std::size_t replica : {0, 1}) {
    fleet.coordinator(replica).Signal(SIGTERM);
    EXPECT_EQ(fleet.coordinator(replica).Wait(absl::Seconds(30)), 0) << fleet.coordinator(replica).err();
  }
  const auto stored = ReadStored(fleet.store());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT(Check(model, testimonies, *stored, ReadTargetLog(target.access_log())), IsEmpty());
}

// The kernel keeps what a server that is killed has written; what that has acknowledged and not written is lost.
TEST(Fault29, AServerThatIsSetNotToWaitForItsLogLosesNothingInTenKillsUnderLoad) {
  PostgresServer server;
  const std::string url = server.CreateDatabase("fleet");
  server.Execute(url, "ALTER DATABASE fleet SET synchronous_commit = off");
  RealFleet fleet(TwoReplicasOn(url));
  const Model model{1, {"1", "2"}, 2, "passed"};
  TargetServer target(DemoTarget({"accept-any-token"}));
  fleet.StartAgent("eu-1", "eu-west-1");
  Load load(fleet, target.ws_url(), model, kClients);
  for (int kill = 0; kill < 10; ++kill) {
    const std::size_t before = load.finished_runs();
    ASSERT_TRUE(WaitUntil([&] { return load.finished_runs() > before; }, absl::Seconds(60)))
        << fleet.coordinator(0).err() << fleet.coordinator(1).err();
    server.Kill();
    server.Start();
  }
  ExpectNothingLost(fleet, model, load.Finish(), target);
}

TEST(Fault30, AFailoverToASynchronousStandbyLosesNothingThatWasAcknowledged) {
  PostgresServer primary;
  primary.CreateDatabase("fleet");
  PostgresServer standby(primary);
  RealFleet fleet(TwoReplicasOn(PostgresServer::FailoverUrl(primary, standby, "fleet")));
  const Model model{1, {"1", "2"}, 2, "passed"};
  TargetServer target(DemoTarget({"accept-any-token"}));
  fleet.StartAgent("eu-1", "eu-west-1");
  Load load(fleet, target.ws_url(), model, kClients);
  ASSERT_TRUE(WaitUntil([&] { return load.finished_runs() >= 3; })) << fleet.agent("eu-1").err();
  // What the standby does not have, nobody is told of: not that a run has ended, nor that the fleet is owned for
  // longer.
  standby.Signal(SIGSTOP);
  const std::size_t when_stopped = load.finished_runs();
  ASSERT_TRUE(OneOfThemSays(fleet, "ownership not extended")) << fleet.coordinator(0).err();
  // Of each client one whose end was acknowledged before.
  EXPECT_LE(load.finished_runs(), when_stopped + kClients);
  primary.Kill();
  standby.Signal(SIGCONT);
  standby.Promote();
  const std::size_t before = load.finished_runs();
  EXPECT_TRUE(WaitUntil([&] { return load.finished_runs() >= before + 6; }, absl::Seconds(60)))
      << fleet.coordinator(0).err() << fleet.coordinator(1).err();
  const std::vector<Testimony> testimonies = load.Finish();
  EXPECT_TRUE(fleet.agent("eu-1").running());
  ExpectNothingLost(fleet, model, testimonies, target);
}

// There is no LISTEN whose loss could go unnoticed: replicas ask, twice in two seconds. (That no more than two rounds
// pass is what ownership_test.cc counts; here a busy machine may take its time.) All their connections are cut, and
// still the other one sees that the fleet is free.
TEST(Fault31, AChangeOfAnotherReplicaIsPickedUpAlthoughEveryConnectionWasCut) {
  const PostgresDatabase database;
  RealFleet fleet(TwoReplicasOn(database.url()));
  ASSERT_TRUE(WaitUntil([&] { return fleet.Owner().has_value(); }));
  const std::size_t owner = *fleet.Owner();
  database.Execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wsfleet-coordinator' AND "
      "datname = current_database()");
  ASSERT_TRUE(OneOfThemSays(fleet, "ownership is extended again")) << fleet.coordinator(0).err();
  fleet.coordinator(owner).Signal(SIGTERM);
  EXPECT_EQ(fleet.coordinator(owner).Wait(absl::Seconds(20)), 0);
  EXPECT_TRUE(WaitUntil([&] { return fleet.Owner() == 1 - owner; })) << fleet.coordinator(1 - owner).err();
}

}  // namespace
}  // namespace wsfleet::testing
