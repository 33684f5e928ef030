#include <signal.h>

#include <string>

#include "absl/time/clock.h"
#include "coordinator/store/postgres/postgres_connection.h"
#include "coordinator/store/sql/migrations.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/support/postgres_server.h"

// Several coordinators on one PostgreSQL server: rows 8, 29 and 35 of the faults, and takeovers.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Replicas : public ::testing::Test {
 protected:
  // The one that owns the fleet now, once one does.
  std::size_t AwaitOwner(RealFleet& fleet) {
    EXPECT_TRUE(WaitUntil([&] { return fleet.Owner().has_value(); })) << fleet.coordinator(0).err();
    return fleet.Owner().value_or(0);
  }

  PostgresServer server_;
  std::string url_ = server_.CreateDatabase("fleet");
};

TEST_F(Replicas, RunOnWhateverOfThemIsAsked) {
  RealFleet fleet(TwoReplicasOn(url_));
  fleet.StartAgent("eu-1", "eu-west-1");
  fleet.StartAgent("us-1", "us-east-1");
  FaultyRun run(fleet, 2);
  run.Start();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(2);
  EXPECT_EQ(fleet.Run({"runs", "list"}).exit_code, 0);
}

TEST_F(Replicas, TakeOverWithinTenSecondsOfAKillAndLoseNothing) {
  RealFleet fleet(TwoReplicasOn(url_));
  fleet.StartAgent("eu-1", "eu-west-1");
  fleet.StartAgent("us-1", "us-east-1");
  const std::size_t owner = AwaitOwner(fleet);
  FaultyRun run(fleet, 12);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(4)) << run.output();
  fleet.KillCoordinator(owner);
  const absl::Time killed = absl::Now();
  EXPECT_TRUE(WaitUntil([&] { return fleet.Owner() == 1 - owner; }));
  EXPECT_LT(absl::Now() - killed, absl::Seconds(10));
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.coordinator(1 - owner).err();
  run.ExpectEachCaseOnce(2);
}

TEST_F(Replicas, AreRestartedOneAfterTheOtherWithoutAFailedRun) {
  RealFleet fleet(TwoReplicasOn(url_));
  fleet.StartAgent("eu-1", "eu-west-1");
  const std::size_t first = AwaitOwner(fleet);
  FaultyRun run(fleet, 20);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  for (const std::size_t replica : {first, 1 - first}) {
    fleet.coordinator(replica).Signal(SIGTERM);
    EXPECT_EQ(fleet.coordinator(replica).Wait(absl::Seconds(20)), 0) << fleet.coordinator(replica).err();
    EXPECT_TRUE(WaitUntil([&] { return fleet.Owner() == 1 - replica; }));
    fleet.StartCoordinator(replica);
  }
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
}

// As a service manager restarts one whose configuration is wrong.
TEST_F(Replicas, LoseNoFleetToOneThatEndsAtItsStart) {
  RealFleet fleet(TwoReplicasOn(url_));
  for (const char* further : {"alpha", "zeta"}) EXPECT_EQ(fleet.Run({"fleet", "create", further}).exit_code, 0);
  const auto log = [&] { return fleet.coordinator(0).err() + fleet.coordinator(1).err(); };
  ASSERT_TRUE(WaitUntil([&] { return log().find("fleet given to others") != std::string::npos; })) << log();
  ASSERT_TRUE(WaitUntil([&] {
    const std::string all = log();
    return CountOf("fleet loaded", all) == CountOf("fleet given to others", all) + 3;
  })) << log();
  const std::string before = log();
  for (int round = 0; round < 12; ++round) {
    const Finished ended = RunCommand(fleet.OneMoreCoordinator(), absl::Seconds(30));
    EXPECT_NE(ended.exit_code, 0);
    EXPECT_THAT(ended.err, HasSubstr("cannot listen"));
    EXPECT_THAT(ended.err, Not(HasSubstr("fleet owned")));
  }
  EXPECT_EQ(CountOf("fleet given", log()), CountOf("fleet given", before)) << log();
}

// As a service manager restarts one that crashes a few seconds after its start.
TEST_F(Replicas, LoseNoFleetToOneThatDiesBeforeItHasLivedForATerm) {
  RealFleet::Settings settings = TwoReplicasOn(url_);
  settings.replicas = 3;
  RealFleet fleet(settings);
  for (const char* further : {"alpha", "zeta"}) EXPECT_EQ(fleet.Run({"fleet", "create", further}).exit_code, 0);
  fleet.KillCoordinator(2);
  const auto log = [&] { return fleet.coordinator(0).err() + fleet.coordinator(1).err(); };
  ASSERT_TRUE(AwaitLog(fleet.coordinator(1), "fleet loaded")) << log();
  ASSERT_TRUE(WaitUntil([&] {
    const std::string all = log();
    return CountOf("fleet loaded", all) == CountOf("fleet given to others", all) + 3;
  })) << log();
  const std::size_t before = CountOf("fleet given to others", log());
  const auto store = store::PostgresConnection::Open(url_).value();
  // The newest one, by its row.
  const auto has_lived = [&](int seconds) {
    const auto counted = store::ReadNumber(
        *store, fmt::format("SELECT count(*) FROM replica WHERE since = (SELECT max(since) FROM replica) AND "
                            "expires - since >= interval '{} s'",
                            seconds + 8));
    return counted.ok() && *counted == 1;
  };
  for (int life = 0; life < 3; ++life) {
    fleet.StartCoordinator(2);
    ASSERT_TRUE(WaitUntil([&] { return has_lived(4); }));
    fleet.KillCoordinator(2);
  }
  // One that stays has its share when each of them would have had its own.
  fleet.StartCoordinator(2);
  ASSERT_TRUE(AwaitLog(fleet.coordinator(2), "fleet loaded")) << fleet.coordinator(2).err();
  EXPECT_EQ(CountOf("fleet given to others", log()), before + 1) << log();
}

TEST_F(Replicas, AreOneAuthorityWhicheverAnAgentMeets) {
  RealFleet::Settings settings = TwoReplicasOn(url_);
  settings.own_ca = true;
  settings.coordinator_flags = {"--agent-cert-life", "15s"};
  RealFleet fleet(settings);
  const std::string token = fleet.Run({"agents", "join-token", "create", "-q", "--region", "eu-west-1"}).out;
  ChildProcess agent(fleet.EnrollingAgent("host-0", "eu-west-1", token));
  const auto await = [&](const std::string& line, std::size_t behind) {
    return WaitUntil([&] { return agent.err().find(line, behind) != std::string::npos; });
  };
  ASSERT_TRUE(await("session begins", 0)) << agent.err();
  const std::size_t owner = AwaitOwner(fleet);
  ASSERT_TRUE(await("certificate renewed", 0)) << agent.err();
  fleet.KillCoordinator(owner);
  ASSERT_TRUE(WaitUntil([&] { return fleet.Owner() == 1 - owner; }));
  const std::size_t before = agent.err().size();
  ASSERT_TRUE(await("session begins", before)) << agent.err();
  EXPECT_TRUE(await("certificate renewed", before)) << agent.err();
  // Asked at one, it holds at the other.
  fleet.StartCoordinator(owner);
  Command revoke = fleet.Client({"agents", "revoke", "eu-west-1.host-0"});
  revoke.environment["WSFLEET_COORDINATOR"] = fleet.client_address(owner);
  const Finished revoked = RunCommand(revoke, absl::Seconds(30));
  EXPECT_EQ(revoked.exit_code, 0) << revoked.err;
  EXPECT_EQ(agent.Wait(absl::Seconds(30)), 1) << agent.err();
  EXPECT_THAT(agent.err(), HasSubstr("eu-west-1.host-0 was revoked"));
}

TEST_F(Replicas, Fault08AStoppedOwnerDecidesNothingWhenItGoesOn) {
  RealFleet fleet(TwoReplicasOn(url_));
  fleet.StartAgent("eu-1", "eu-west-1");
  const std::size_t owner = AwaitOwner(fleet);
  FaultyRun run(fleet, 30);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  fleet.coordinator(owner).Signal(SIGSTOP);
  ASSERT_TRUE(WaitUntil([&] {
    return fleet.Owner() == std::optional(1 - owner) ||
           fleet.coordinator(1 - owner).err().find("fleet owned") != std::string::npos;
  }));
  fleet.coordinator(owner).Signal(SIGCONT);
  EXPECT_TRUE(WaitUntil([&] { return fleet.coordinator(owner).err().find("fleet given up") != std::string::npos; }))
      << fleet.coordinator(owner).err();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
}

// It takes connections all the time, and the other one names it as the owner until its term has run out, which is just
// after the agent has given it up.
TEST_F(Replicas, Fault08AStoppedOwnerThatNeverGoesOnCostsNoAttempt) {
  RealFleet fleet(TwoReplicasOn(url_));
  fleet.StartAgent("eu-1", "eu-west-1");
  const std::size_t owner = AwaitOwner(fleet);
  // Longer than a lease after the stop.
  FaultyRun run(fleet, FaultyRun::Shape{.cases = 60, .pause = "500ms"});
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  fleet.coordinator(owner).Signal(SIGSTOP);
  server_.Execute(url_, "UPDATE fleet_owner SET expires = clock_timestamp() + interval '8 s'");
  EXPECT_EQ(run.Wait(absl::Seconds(120)), 0) << run.output() << fleet.agent("eu-1").err();
  EXPECT_THAT(run.output(), Not(HasSubstr("attempt 2"))) << fleet.agent("eu-1").err();
  run.ExpectEachCaseOnce(1);
}

TEST_F(Replicas, Fault29PostgresKilledIsWaitedForAndNothingCountsTwice) {
  RealFleet fleet(TwoReplicasOn(url_));
  fleet.StartAgent("eu-1", "eu-west-1");
  AwaitOwner(fleet);
  FaultyRun run(fleet, 12);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  server_.Kill();
  EXPECT_TRUE(WaitUntil([&] {
    return (fleet.coordinator(0).err() + fleet.coordinator(1).err()).find("commit failed") != std::string::npos;
  }));
  server_.Start();
  EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.coordinator(0).err() << fleet.coordinator(1).err();
  run.ExpectEachCaseOnce(1);
}

}  // namespace
}  // namespace wsfleet::testing
