#include <string>

#include "coordinator/fleet/fleet.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// The kill switch.
namespace wsfleet::fleet {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWhy[] = "fleet-stopped by alice: runaway load";

void Stop(FleetDriver& driver, const std::string& reason = "runaway load", const std::string& by = "alice") {
  driver.Apply(SetStopped{RequestId(900), true, by, reason});
}
void Resume(FleetDriver& driver) { driver.Apply(SetStopped{RequestId(901), false, "bob", ""}); }

TEST(Stop, TellsEveryAgentAtOnceAndWithEachReply) {
  FleetDriver driver;
  const StreamId first = driver.Connect("eu-1", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  Stop(driver);
  ASSERT_EQ(driver.Count<SendStop>(), 2u);
  EXPECT_TRUE(driver.Last<SendStop>().stopped);
  EXPECT_EQ(driver.Last<SendStop>().why, kWhy);
  for (int i = 0; i < 2; ++i) {
    driver.Heartbeat(first, {});
    EXPECT_TRUE(driver.Last<SendHeartbeatReply>().stopped);
  }
  EXPECT_TRUE(driver.fleet().Count().stopped);
}

TEST(Stop, IsAnsweredAndSentWhenItIsDurable) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.HoldCommits();
  Stop(driver);
  EXPECT_EQ(driver.Count<SendStop>() + driver.Count<AnswerWish>(), 0u);
  driver.CommitOne();
  EXPECT_EQ(driver.Count<SendStop>(), 1u);
  EXPECT_EQ(driver.Count<AnswerWish>(), 1u);
}

TEST(Stop, EndsEveryRunWithWhoAndWhyAndKeepsItsResults) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const JobId running = driver.Submit(TwoCases());
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.Report(stream, lease, 1, {Result("suite/a", Outcome::kFailed)});
  JobSpec elsewhere = TwoCases();
  elsewhere.from = {"sa-east-1"};
  const JobId waiting = driver.Submit(elsewhere);
  Stop(driver);
  driver.Pass(absl::ZeroDuration());
  EXPECT_EQ(driver.Last<SendCancel>().lease, lease.id);
  EXPECT_THAT(driver.Last<SendCancel>().reason, HasSubstr(kWhy));
  EXPECT_EQ(driver.job(waiting).state, JobState::kCancelled);
  driver.Finish(stream, lease, ShardEnd::kCancelled);
  const JobRecord& ended = driver.job(running);
  EXPECT_EQ(ended.state, JobState::kCancelled);
  EXPECT_THAT(ended.reasons, Contains(HasSubstr(kWhy)));
  EXPECT_EQ(driver.shard(running).finished_cases, 1u);
  EXPECT_EQ(driver.shard(running).failed_cases, 1u);
}

TEST(Stop, EndsWhatAnAgentHasThatIsCutOffAtItsLeaseEnd) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  driver.Disconnect(stream);
  Stop(driver);
  driver.Pass(absl::Seconds(89));
  EXPECT_EQ(driver.job(job).state, JobState::kFinishing);
  driver.Pass(absl::Seconds(1));
  EXPECT_EQ(driver.job(job).state, JobState::kCancelled);
}

TEST(Stop, HasTheFirstCommitSayAllThatAgentsWaitFor) {
  FleetDriver driver;
  for (int i = 0; i < 20; ++i) {
    JobSpec spec = TwoCases();
    spec.from = std::vector<std::string>(100, "sa-east-1");
    driver.Submit(spec);
  }
  driver.Connect("eu-1", "eu-west-1");
  driver.HoldCommits();
  Stop(driver);
  EXPECT_EQ(driver.held_commits(), 1u);
  driver.CommitOne();
  EXPECT_EQ(driver.Count<SendStop>(), 1u);
  // A restart in between: what the machine before did not come to is done by the next one.
  driver.Restart();
  driver.Pass(absl::Seconds(1));
  while (driver.held_commits() > 0) driver.CommitOne();
  for (const auto& [id, job] : driver.store().jobs()) EXPECT_EQ(job.state, JobState::kCancelled) << id.value();
}

TEST(Stop, RefusesSubmitsAndTriggersUntilTheFleetIsResumed) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.ApplySchedule(EachMinute("check"));
  Stop(driver);
  driver.Submit(TwoCases());
  EXPECT_TRUE(absl::IsFailedPrecondition(driver.Last<AnswerSubmit>().status));
  const std::string message(ToStd(driver.Last<AnswerSubmit>().status.message()));
  EXPECT_THAT(message, HasSubstr(kWhy));
  EXPECT_THAT(message, HasSubstr("wsfleet fleet resume"));
  driver.Trigger("check");
  EXPECT_TRUE(absl::IsFailedPrecondition(driver.Last<AnswerSubmit>().status));
  Resume(driver);
  EXPECT_FALSE(driver.Last<SendStop>().stopped);
  driver.Submit(TwoCases());
  EXPECT_TRUE(driver.Last<AnswerSubmit>().status.ok());
  EXPECT_EQ(driver.Count<SendAssignment>(), 1u);
}

TEST(Stop, StillSaysWhatBecameOfARunOfTheSameKey) {
  FleetDriver driver;
  JobSpec spec = TwoCases();
  spec.key = RunKey("gate-7");
  const JobId job = driver.Submit(spec);
  Stop(driver);
  driver.Pass(absl::ZeroDuration());
  driver.Submit(spec);
  EXPECT_TRUE(driver.Last<AnswerSubmit>().attached);
  EXPECT_EQ(driver.Last<AnswerSubmit>().job, job);
}

TEST(Stop, MissesNominalTimesForItsReason) {
  FleetDriver driver;
  driver.ApplySchedule(EachMinute("check"));
  Stop(driver);
  driver.Pass(absl::Minutes(3));
  EXPECT_EQ(driver.schedule("check").missed, 3u);
  for (const TickRecord& tick : driver.Ticks("check")) {
    EXPECT_EQ(tick.outcome, TickOutcome::kMissed);
    EXPECT_EQ(tick.reason, kWhy);
  }
  Resume(driver);
  driver.Pass(absl::Minutes(1));
  EXPECT_EQ(driver.schedule("check").started, 1u);
  EXPECT_EQ(driver.schedule("check").missed, 3u);
}

TEST(Stop, MissesTheTimeThatWaitsForARunItEnds) {
  FleetDriver driver;
  ScheduleSpec spec = EachMinute("check");
  spec.overlap = OverlapPolicy::kBufferOne;
  driver.ApplySchedule(spec);
  driver.Pass(absl::Minutes(2));
  ASSERT_TRUE(driver.schedule("check").waiting.has_value());
  Stop(driver);
  driver.Pass(absl::Seconds(1));
  EXPECT_FALSE(driver.schedule("check").waiting.has_value());
  EXPECT_EQ(driver.schedule("check").missed, 1u);
}

TEST(Stop, HoldsOverReconnectsAndRestartsUntilItIsUndone) {
  FleetDriver driver;
  Stop(driver);
  driver.Restart();
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(driver.Last<SendStop>().stream, stream);
  EXPECT_EQ(driver.Last<SendStop>().why, kWhy);
  driver.Submit(TwoCases());
  EXPECT_TRUE(absl::IsFailedPrecondition(driver.Last<AnswerSubmit>().status));
  Resume(driver);
  driver.Restart();
  driver.ForgetEffects();
  driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(driver.Count<SendStop>(), 0u);
  driver.Submit(TwoCases());
  EXPECT_EQ(driver.Count<SendAssignment>(), 1u);
}

TEST(Stop, NamesWhoWasFirst) {
  FleetDriver driver;
  Stop(driver);
  Stop(driver, "me too", "carol");
  EXPECT_TRUE(driver.Last<AnswerWish>().status.ok());
  EXPECT_EQ(driver.store().kill_switch().by, "alice");
  driver.ApplySchedule(EachMinute("check"));
  driver.Pass(absl::Minutes(1));
  EXPECT_THAT(driver.Ticks("check").at(0).reason, Not(HasSubstr("carol")));
}

}  // namespace
}  // namespace wsfleet::fleet
