#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// What becomes of a run of which the store can never hold something.
namespace wsfleet::fleet {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(StoreRefused, EndsTheRunWithWhatIsStoredAndSaysWhy) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  JobSpec spec = TwoCases();
  spec.from = {"eu-west-1", "us-east-1"};
  const JobId job = driver.Submit(spec);
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.Report(stream, lease, 1, {Result("suite/a")});
  // The batch with the second result was refused.
  driver.Reload();
  driver.Apply(StoreRefused{job, "value too long"});
  EXPECT_EQ(driver.job(job).state, JobState::kInconclusive);
  EXPECT_EQ(driver.job(job).verdict, JobVerdict::kInconclusive);
  EXPECT_EQ(driver.shard(job).finished_cases, 1u);
  EXPECT_EQ(driver.shard(job, 1).reason, "not-stored: value too long");
  EXPECT_EQ(driver.shard(job, 2).reason, "not-stored: value too long");
  EXPECT_TRUE(driver.store().leases().empty());
  EXPECT_THAT(driver.Notes(job), Contains(AllOf(HasSubstr("eu-west-1"), HasSubstr("value too long"))));
  // Its agent sends the batch again, and is told to forget it.
  const StreamId again = driver.Connect("eu-1", "eu-west-1", {{lease.id, lease.shard}});
  EXPECT_TRUE(driver.Last<SendWelcome>().current_leases.empty());
  driver.Report(again, lease, 2, {Result("suite/b")});
  EXPECT_EQ(driver.Last<SendResultAck>().disposition, Disposition::kLate);
}

TEST(StoreRefused, IsOfNoOtherRun) {
  FleetDriver driver;
  AgentConnected event;
  event.agent.id = AgentId("eu-1");
  event.agent.region = RegionName("eu-west-1");
  event.max_shards = 2;
  driver.ConnectWith(event);
  const JobId refused = driver.Submit(TwoCases());
  const JobId other = driver.Submit(TwoCases());
  const SendAssignment assignment = driver.Last<SendAssignment>();
  driver.Reload();
  driver.Apply(StoreRefused{refused, "value too long"});
  event.held = {{assignment.lease.id, assignment.lease.shard}};
  driver.RunAll(driver.ConnectWith(event), assignment);
  EXPECT_EQ(driver.job(refused).state, JobState::kInconclusive);
  EXPECT_EQ(driver.job(other).state, JobState::kPassed);
  EXPECT_EQ(driver.shard(other).attempt, 1u);
}

TEST(StoreRefused, EndsARunThatWaitsForItsFirstAgentToo) {
  FleetDriver driver;
  JobSpec anywhere = TwoCases();
  anywhere.from.clear();
  const JobId job = driver.Submit(anywhere);
  driver.Apply(StoreRefused{job, "value too long"});
  EXPECT_EQ(driver.job(job).state, JobState::kInconclusive);
  EXPECT_THAT(driver.job(job).reasons, Contains("not-stored: value too long"));
}

TEST(StoreRefused, IsNothingToARunThatHasEnded) {
  FleetDriver driver;
  driver.Apply(StoreRefused{JobId("r-9"), "value too long"});
  EXPECT_EQ(driver.Count<NotifyWatchers>(), 0u);
}

}  // namespace
}  // namespace wsfleet::fleet
