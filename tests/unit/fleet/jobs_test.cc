#include <string>

#include "coordinator/fleet/fleet.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

namespace wsfleet::fleet {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

JobSpec WithKey() {
  JobSpec spec = TwoCases();
  spec.key = RunKey("ci-1");
  return spec;
}

absl::StatusCode LastSubmit(const FleetDriver& driver) { return driver.Last<AnswerSubmit>().status.code(); }

TEST(RunKeys, AttachToTheRunOfTheSameKey) {
  FleetDriver driver;
  const JobId job = driver.Submit(WithKey());
  driver.Submit(WithKey());
  EXPECT_TRUE(driver.Last<AnswerSubmit>().status.ok());
  EXPECT_TRUE(driver.Last<AnswerSubmit>().attached);
  EXPECT_EQ(driver.Last<AnswerSubmit>().job, job);
  EXPECT_EQ(driver.store().jobs().size(), 1u);
}

TEST(RunKeys, AttachToARunThatIsNotCommittedYetAndAnswerAfterIt) {
  FleetDriver driver;
  driver.HoldCommits();
  driver.Submit(WithKey());
  driver.Submit(WithKey());
  EXPECT_EQ(driver.held_commits(), 1u);
  EXPECT_EQ(driver.Count<AnswerSubmit>(), 0u);
  driver.CommitOne();
  EXPECT_EQ(driver.Count<AnswerSubmit>(), 2u);
}

TEST(RunKeys, AreKeptAfterTheRunHasEndedAndAfterARestart) {
  FleetDriver driver;
  const JobId job = driver.Submit(WithKey());
  driver.Cancel(job);
  driver.Restart();
  driver.Submit(WithKey());
  EXPECT_TRUE(driver.Last<AnswerSubmit>().attached);
  EXPECT_EQ(driver.Last<AnswerSubmit>().job, job);
}

TEST(RunKeys, OfARunWhoseEndIsNotDurableAreStillKnown) {
  FleetDriver driver;
  const JobId job = driver.Submit(WithKey());
  driver.HoldCommits();
  driver.Cancel(job);
  // A look-up that was made before the run was stored.
  driver.Apply(SubmitRequested{RequestId(99), JobId("r-99"), WithKey(), std::nullopt});
  while (driver.held_commits() > 0) driver.CommitOne();
  EXPECT_TRUE(driver.Last<AnswerSubmit>().attached);
  EXPECT_EQ(driver.Last<AnswerSubmit>().job, job);
}

TEST(RunKeys, OfEndedRunsAreNotKeptInMemory) {
  FleetDriver driver;
  driver.Cancel(driver.Submit(WithKey()));
  JobSpec again = WithKey();
  driver.Apply(SubmitRequested{RequestId(100), JobId("r-100"), again, KnownRun{JobId("r-7"), again}});
  EXPECT_EQ(driver.Last<AnswerSubmit>().job, JobId("r-7"));
}

TEST(RunKeys, RefuseAnotherRunAndSayWhatDiffers) {
  FleetDriver driver;
  driver.Submit(WithKey());
  const auto refusal = [&](auto change) {
    JobSpec other = WithKey();
    change(other);
    driver.Submit(other);
    EXPECT_EQ(LastSubmit(driver), absl::StatusCode::kAlreadyExists);
    return std::string(ToStd(driver.Last<AnswerSubmit>().status.message()));
  };
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.bundle = BundleDigest("d2"); }), HasSubstr("has another bundle;"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.selection.grep = "x"; }), HasSubstr("has another selection;"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.variables.vars["a"] = "b"; }), HasSubstr("has other variables;"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.every_agent = true; }), HasSubstr("has another --agents;"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.require = 1; }), HasSubstr("has another --require;"));
  EXPECT_THAT(refusal([](JobSpec& spec) {
                spec.bundle = BundleDigest("d2");
                spec.from = {"us-east-1"};
              }),
              HasSubstr("belongs to run r-1, which has another bundle, other regions (--from);"));
}

TEST(RunKeys, AttachWhateverTheOrderOfTheRegions) {
  FleetDriver driver;
  JobSpec spec = WithKey();
  spec.from = {"eu-west-1", "us-east-1"};
  driver.Submit(spec);
  spec.from = {"us-east-1", "eu-west-1"};
  driver.Submit(spec);
  EXPECT_TRUE(driver.Last<AnswerSubmit>().attached);
}

TEST(Submit, RefusesWhatCannotRun) {
  FleetDriver driver;
  const auto refused = [&](auto change) {
    JobSpec spec = TwoCases();
    change(spec);
    driver.Submit(spec);
    EXPECT_EQ(LastSubmit(driver), absl::StatusCode::kInvalidArgument);
  };
  refused([](JobSpec& spec) { spec.cases.clear(); });
  refused([](JobSpec& spec) { spec.from = {"@last"}; });
  refused([](JobSpec& spec) { spec.deadline = absl::ZeroDuration(); });
  refused([](JobSpec& spec) { spec.deadline = absl::InfiniteDuration(); });
  refused([](JobSpec& spec) { spec.agents_wait = -absl::Seconds(1); });
  refused([](JobSpec& spec) { spec.require = 2; });
  EXPECT_TRUE(driver.store().jobs().empty());
}

TEST(Submit, IsBounded) {
  FleetSettings settings;
  settings.max_open_jobs = 1;
  settings.max_shards_per_job = 2;
  settings.max_results_per_job = 3;
  FleetDriver driver(settings);
  JobSpec spec = TwoCases();
  spec.from = {"a", "b"};  // 4 results
  driver.Submit(spec);
  EXPECT_EQ(LastSubmit(driver), absl::StatusCode::kResourceExhausted);
  spec.from = {"a"};
  driver.Submit(spec);
  EXPECT_EQ(LastSubmit(driver), absl::StatusCode::kOk);
  driver.Submit(spec);
  EXPECT_EQ(LastSubmit(driver), absl::StatusCode::kResourceExhausted);
}

TEST(Cancel, EndsAJobThatHasNoLeaseAtOnce) {
  FleetDriver driver;
  const JobId job = driver.Submit(TwoCases());
  driver.Cancel(job, "Ctrl-C");
  EXPECT_TRUE(driver.Last<AnswerCancel>().status.ok());
  EXPECT_EQ(driver.job(job).state, JobState::kCancelled);
  EXPECT_THAT(driver.job(job).reasons, Contains("cancelled: Ctrl-C"));
  EXPECT_THAT(driver.job(job).reasons, Not(Contains("the run was cancelled"))) << "once is enough";
}

TEST(Cancel, EndsAJobWhenItsLastLeaseHasEnded) {
  FleetDriver driver;
  const StreamId eu = driver.Connect("eu-1", "eu-west-1");
  const StreamId us = driver.Connect("us-1", "us-east-1");
  JobSpec spec = TwoCases();
  spec.from = {"eu-west-1", "us-east-1"};
  const JobId job = driver.Submit(spec);
  const auto assignments = driver.All<SendAssignment>();
  driver.Cancel(job);
  EXPECT_EQ(driver.Count<SendCancel>(), 2u);
  driver.Finish(eu, assignments[0].lease, ShardEnd::kCancelled);
  EXPECT_EQ(driver.job(job).state, JobState::kFinishing);
  driver.Finish(us, assignments[1].lease, ShardEnd::kCancelled);
  EXPECT_EQ(driver.job(job).state, JobState::kCancelled);
}

TEST(Cancel, EndsAtTheLatestWithTheLeaseEvenIfTheAgentNeverStops) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  const LeaseId lease = driver.Last<SendAssignment>().lease.id;
  driver.Cancel(job);
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(driver.job(job).state, JobState::kFinishing);
    driver.Heartbeat(stream, {lease});
    driver.Pass(absl::Seconds(10));
  }
  EXPECT_EQ(driver.job(job).state, JobState::kCancelled);
}

TEST(Cancel, IsOneTerminalStateWhicheverComesFirst) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const JobId finished = driver.Submit(TwoCases());
  driver.RunAll(stream, driver.Last<SendAssignment>());
  driver.Cancel(finished);
  EXPECT_EQ(driver.Last<AnswerCancel>().status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(driver.job(finished).state, JobState::kPassed);

  const JobId cancelled = driver.Submit(TwoCases());
  driver.Cancel(cancelled);
  driver.RunAll(stream, driver.Last<SendAssignment>());
  EXPECT_EQ(driver.job(cancelled).state, JobState::kCancelled);
}

TEST(Cancel, OfAnUnknownJobIsNotFound) {
  FleetDriver driver;
  driver.Cancel(JobId("r-none"));
  EXPECT_EQ(driver.Last<AnswerCancel>().status.code(), absl::StatusCode::kNotFound);
}

TEST(Cancel, SurvivesARestart) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.Cancel(job);
  driver.Restart();
  const StreamId stream = driver.Connect("eu-1", "eu-west-1", {{lease.id, lease.shard}});
  driver.Heartbeat(stream, {lease.id});
  EXPECT_EQ(driver.Last<SendHeartbeatReply>().cancel.size(), 1u);
  driver.Finish(stream, lease, ShardEnd::kCancelled);
  EXPECT_EQ(driver.job(job).state, JobState::kCancelled);
}

TEST(JobDeadline, CountsFromTheFirstLeaseAndTimesTheRunOut) {
  FleetDriver driver;
  JobSpec spec = TwoCases();
  spec.deadline = absl::Seconds(60);
  const JobId job = driver.Submit(spec);
  driver.Pass(absl::Seconds(20));
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.Pass(absl::Seconds(59));
  EXPECT_EQ(driver.Count<SendCancel>(), 0u);
  driver.Pass(absl::Seconds(1));
  EXPECT_THAT(driver.Last<SendCancel>().reason, HasSubstr("deadline of 1m"));
  driver.Finish(stream, lease, ShardEnd::kCancelled);
  EXPECT_EQ(driver.job(job).verdict, JobVerdict::kTimedOut);
  EXPECT_EQ(driver.job(job).state, JobState::kInconclusive);
}

TEST(JobDeadline, GoesOnAfterARestartByTheTimeThatReallyPassed) {
  for (const absl::Duration by : {absl::ZeroDuration(), absl::Hours(1), -absl::Hours(1)}) {
    FleetDriver driver;
    driver.Connect("eu-1", "eu-west-1");
    JobSpec spec = TwoCases();
    spec.deadline = absl::Seconds(60);
    const JobId job = driver.Submit(spec);
    driver.Pass(absl::Seconds(40));
    driver.MoveWall(by);
    driver.Restart();
    driver.Pass(absl::Seconds(19));
    EXPECT_FALSE(driver.job(job).deadline_passed);
    driver.Pass(absl::Seconds(1));
    EXPECT_TRUE(driver.job(job).deadline_passed);
  }
}

TEST(Job, LastsAsLongAsReallyPassedWhereTheWallClockWasSetMeanwhile) {
  for (const absl::Duration by : {absl::Hours(1), -absl::Hours(2)}) {
    for (const bool restarts : {false, true}) {
      FleetDriver driver;
      JobSpec spec = TwoCases();
      spec.from = {"eu-west-1"};
      const absl::Time created = driver.wall();
      const JobId job = driver.Submit(spec);
      driver.Pass(absl::Seconds(5));
      const StreamId stream = driver.Connect("eu-1", "eu-west-1");
      const LeaseRecord lease = driver.Last<SendAssignment>().lease;
      driver.Pass(absl::Seconds(20));
      driver.MoveWall(by);
      StreamId now = stream;
      if (restarts) {
        driver.Restart();
        now = driver.Connect("eu-1", "eu-west-1", {{lease.id, lease.shard}});
      }
      driver.Pass(absl::Seconds(10));
      driver.Report(now, lease, 1, {Result("suite/a"), Result("suite/b")});
      driver.Finish(now, lease);
      EXPECT_EQ(driver.job(job).created, created);
      EXPECT_EQ(driver.job(job).started, created + absl::Seconds(5));
      EXPECT_EQ(driver.job(job).finished, created + absl::Seconds(35)) << "set by " << by;
    }
  }
}

// Of a run that nobody has begun there is the wall clock alone.
TEST(Job, LastsForNoNegativeTimeWhateverTheClock) {
  FleetDriver driver;
  const JobId job = driver.Submit(TwoCases());
  driver.MoveWall(-absl::Hours(1));
  driver.Restart();
  driver.Pass(absl::Seconds(3));
  driver.Cancel(job);
  EXPECT_EQ(driver.job(job).finished, driver.job(job).created + absl::Seconds(3));
}

TEST(JobDeadline, DoesNotUndoACancellation) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  JobSpec spec = TwoCases();
  spec.deadline = absl::Seconds(30);
  const JobId job = driver.Submit(spec);
  driver.Cancel(job);
  driver.Pass(absl::Minutes(2));
  EXPECT_EQ(driver.job(job).verdict, JobVerdict::kCancelled);
  EXPECT_FALSE(driver.job(job).deadline_passed);
}

TEST(Unwatched, RunsAreCancelledAfterTheLimit) {
  FleetDriver driver;
  JobSpec spec = TwoCases();
  spec.detached = false;
  spec.agents_wait = absl::Hours(1);
  const JobId job = driver.Submit(spec);
  driver.Pass(absl::Seconds(100));
  driver.Apply(WatchersChanged{job, 1});
  driver.Pass(absl::Minutes(10));
  driver.Apply(WatchersChanged{job, 0});
  driver.Pass(absl::Seconds(119));
  EXPECT_FALSE(IsTerminal(driver.job(job).state));
  driver.Pass(absl::Seconds(1));
  EXPECT_EQ(driver.job(job).state, JobState::kCancelled);
  EXPECT_EQ(driver.job(job).cancel_reason, "nobody watched for 2m");
}

TEST(Unwatched, DetachedRunsGoOn) {
  FleetDriver driver;
  JobSpec spec = TwoCases();
  spec.agents_wait = absl::Hours(1);
  const JobId job = driver.Submit(spec);
  driver.Pass(absl::Minutes(30));
  EXPECT_FALSE(IsTerminal(driver.job(job).state));
}

TEST(Unwatched, TimeStartsAnewWhenSomebodyAttaches) {
  FleetDriver driver;
  JobSpec spec = WithKey();
  spec.detached = false;
  spec.agents_wait = absl::Hours(1);
  const JobId job = driver.Submit(spec);
  driver.Pass(absl::Seconds(100));
  driver.Submit(spec);
  driver.Pass(absl::Seconds(100));
  EXPECT_FALSE(IsTerminal(driver.job(job).state));
}

TEST(EndedJobs, KeepNoSecrets) {
  FleetDriver driver;
  JobSpec spec = TwoCases();
  spec.sealed_secrets = "sealed";
  const JobId job = driver.Submit(spec);
  EXPECT_EQ(driver.job(job).spec.sealed_secrets, "sealed");
  driver.Cancel(job);
  EXPECT_TRUE(driver.job(job).spec.sealed_secrets.empty());
}

}  // namespace
}  // namespace wsfleet::fleet
