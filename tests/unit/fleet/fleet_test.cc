#include "coordinator/fleet/fleet.h"

#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

namespace wsfleet::fleet {
namespace {

TEST(Fleet, RunsAJobFromSubmitToVerdict) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  const auto assignment = driver.Last<SendAssignment>();
  EXPECT_EQ(assignment.stream, stream);
  EXPECT_EQ(assignment.spec->cases, TwoCases().cases);
  EXPECT_EQ(assignment.job_time_left, absl::Minutes(10));
  EXPECT_EQ(driver.job(job).state, JobState::kRunning);

  driver.RunAll(stream, assignment);
  EXPECT_EQ(driver.Last<SendResultAck>().disposition, Disposition::kCounted);
  EXPECT_EQ(driver.Count<SendShardDoneAck>(), 1u);
  EXPECT_EQ(driver.job(job).state, JobState::kPassed);
  EXPECT_EQ(driver.job(job).verdict, JobVerdict::kPassed);
  EXPECT_EQ(driver.shard(job).finished_cases, 2u);
  EXPECT_TRUE(driver.fleet().Snapshot().jobs.empty());
}

TEST(Fleet, AnswersASubmitOnlyAfterItsCommit) {
  FleetDriver driver;
  driver.HoldCommits();
  driver.Submit(TwoCases());
  EXPECT_EQ(driver.Count<AnswerSubmit>(), 0u);
  driver.CommitOne();
  EXPECT_EQ(driver.Count<AnswerSubmit>(), 1u);
}

TEST(Fleet, SendsAnAssignmentOnlyAfterItsLeaseIsCommitted) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.HoldCommits();
  driver.Submit(TwoCases());
  EXPECT_EQ(driver.Count<SendAssignment>(), 0u);
  driver.CommitOne();
  EXPECT_EQ(driver.Count<SendAssignment>(), 1u);
}

TEST(Fleet, AcknowledgesAResultAndItsDuplicateOnlyAfterTheCommit) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.Submit(TwoCases());
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.HoldCommits();
  driver.Report(stream, lease, 1, {Result("suite/a")});
  driver.Report(stream, lease, 1, {Result("suite/a")});
  EXPECT_EQ(driver.Count<SendResultAck>(), 0u);
  driver.CommitOne();
  const auto acks = driver.All<SendResultAck>();
  ASSERT_EQ(acks.size(), 2u);
  EXPECT_EQ(acks[0].disposition, Disposition::kCounted);
  EXPECT_EQ(acks[1].disposition, Disposition::kDuplicate);
}

TEST(Fleet, AnswersAHeartbeatAtOnceWhenNothingIsUnderWay) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.HoldCommits();
  driver.Heartbeat(stream, {});
  EXPECT_EQ(driver.Count<SendHeartbeatReply>(), 1u);
}

TEST(Fleet, WakesUpForTheNextDeadlineAndForNothingElse) {
  FleetDriver driver;
  EXPECT_EQ(driver.fleet().NextWakeup(), SteadyTime::Infinite());
  driver.Submit(TwoCases());
  EXPECT_EQ(driver.fleet().NextWakeup(), SteadyTime{absl::Seconds(30)});  // agents_wait
}

TEST(Fleet, NumbersTheEventsOfAJobAndTellsWatchersOfThem) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  driver.RunAll(stream, driver.Last<SendAssignment>());
  const auto events = driver.store().EventsOf(job);  // the store checks that no number is missing
  EXPECT_EQ(driver.Last<NotifyWatchers>().last_event, events.size());
  EXPECT_EQ(events.back().kind, JobEventRecord::Kind::kJobChanged);
  EXPECT_EQ(driver.job(job).last_event, events.size());
  std::size_t results = 0;
  for (const JobEventRecord& event : events) results += event.kind == JobEventRecord::Kind::kResult ? 1 : 0;
  EXPECT_EQ(results, 2u);
}

}  // namespace
}  // namespace wsfleet::fleet
