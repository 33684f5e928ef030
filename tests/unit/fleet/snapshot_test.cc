#include "coordinator/fleet/fleet.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

namespace wsfleet::fleet {
namespace {

TEST(Load, GivesWhatMemoryHeld) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  JobSpec spec = TwoCases();
  spec.from = {"eu-west-1", "us-*", "ap-*"};
  spec.key = RunKey("k");
  driver.Submit(spec);
  driver.Report(stream, driver.All<SendAssignment>().front().lease, 1, {Result("suite/a")});
  driver.Submit(TwoCases());
  const auto before = sim::Describe(driver.fleet().Snapshot());
  driver.Restart();
  EXPECT_EQ(sim::Describe(driver.fleet().Snapshot()), before);
  EXPECT_GT(before.size(), 8u);
}

TEST(Load, TreatsEveryLeaseAsLiveForOneLeaseTime) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  JobSpec spec = TwoCases();
  const JobId job = driver.Submit(spec);
  driver.Pass(absl::Seconds(80));
  driver.Restart();
  driver.Pass(absl::Seconds(89));
  EXPECT_EQ(driver.shard(job).state, ShardState::kLeased);
  driver.Pass(absl::Seconds(1));
  EXPECT_EQ(driver.shard(job).state, ShardState::kPending);
}

TEST(Load, EndsALeaseThatNobodyRenewsHoweverOftenTheFleetIsLoadedAgain) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  driver.Pass(absl::Seconds(80));
  // The first time its agent, which was there, has a lease time to come back.
  for (int i = 0; i < 10; ++i) {
    driver.Reload();
    driver.Pass(absl::Seconds(8));
  }
  EXPECT_EQ(driver.shard(job).state, ShardState::kLeased);
  driver.Reload();
  driver.Pass(absl::Seconds(10));
  EXPECT_EQ(driver.shard(job).state, ShardState::kPending);
}

TEST(Load, GivesTheLeaseOfAnAgentThatCameBackALeaseTimeAgain) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  for (int i = 0; i < 5; ++i) {
    driver.Reload();
    driver.Pass(absl::Seconds(80));
    driver.Connect("eu-1", "eu-west-1", {{lease.id, lease.shard}});
  }
  EXPECT_EQ(driver.shard(job).state, ShardState::kRunning);
  EXPECT_EQ(driver.shard(job).attempt, 1u);
}

TEST(Load, EndsALeaseOfARunThatIsToStopAlthoughItsAgentComesBackEachTime) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.Cancel(job);
  for (int i = 0; i < 10; ++i) {
    driver.Reload();
    driver.Connect("eu-1", "eu-west-1", {{lease.id, lease.shard}});
    driver.Pass(absl::Seconds(10));
  }
  EXPECT_EQ(driver.job(job).state, JobState::kCancelled);
}

TEST(Load, BeginsNoAttemptAnewInTheSameProcess) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  JobSpec spec = TwoCases();
  spec.attempt_limit = absl::Minutes(2);
  const JobId job = driver.Submit(spec);
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  for (int i = 0; i < 5; ++i) {
    driver.Reload();
    driver.Connect("eu-1", "eu-west-1", {{lease.id, lease.shard}});
    driver.Pass(absl::Seconds(40));
  }
  EXPECT_FALSE(driver.store().leases().contains(lease.id))
      << "its time was over after 2m, and it was not renewed since";
  EXPECT_EQ(driver.shard(job).attempt, 2u) << "another one is given";
}

TEST(Load, LetsAnAgentGoOnThatStillHoldsItsLease) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  const auto assignment = driver.Last<SendAssignment>();
  driver.Restart();
  const StreamId stream = driver.Connect("eu-1", "eu-west-1", {{assignment.lease.id, assignment.lease.shard}});
  driver.RunAll(stream, assignment);
  EXPECT_EQ(driver.job(job).state, JobState::kPassed);
  EXPECT_EQ(driver.shard(job).attempt, 1u);
}

TEST(Load, PlacesWhatWaitedAndWhatWasQueued) {
  FleetDriver driver;
  JobSpec anywhere = TwoCases();
  anywhere.from.clear();
  const JobId waiting = driver.Submit(TwoCases());
  const JobId queued = driver.Submit(anywhere);
  driver.Restart();
  AgentConnected event;
  event.agent.id = AgentId("eu-1");
  event.agent.region = RegionName("eu-west-1");
  event.max_shards = 2;
  driver.ConnectWith(event);
  EXPECT_EQ(driver.shard(waiting).state, ShardState::kLeased);
  EXPECT_EQ(driver.shard(queued).state, ShardState::kLeased);
}

TEST(Load, NeverGivesALeaseIdAgain) {
  FleetDriver driver;
  StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.Submit(TwoCases());
  const auto first = driver.Last<SendAssignment>();
  driver.RunAll(stream, first);
  driver.Restart();
  driver.Connect("eu-1", "eu-west-1");
  driver.Submit(TwoCases());
  EXPECT_GT(driver.Last<SendAssignment>().lease.id, first.lease.id);
}

}  // namespace
}  // namespace wsfleet::fleet
