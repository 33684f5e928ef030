#include <string>

#include "coordinator/fleet/fleet.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// What people ask of schedules.
namespace wsfleet::fleet {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ScheduleSpec Parallel() {
  ScheduleSpec spec = EachMinute("check");
  spec.overlap = OverlapPolicy::kAllow;
  return spec;
}

std::string Message(const FleetDriver& driver) {
  return std::string(ToStd(driver.Last<AnswerSchedule>().status.message()));
}

TEST(ApplySchedule, CreatesOnceAndThenChangesNothing) {
  FleetDriver driver;
  driver.ApplySchedule(Parallel());
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kCreated);
  EXPECT_EQ(driver.Last<AnswerSchedule>().before, std::nullopt);
  EXPECT_EQ(driver.Last<AnswerSchedule>().after, driver.schedule("check"));
  driver.HoldCommits();
  ScheduleSpec again = Parallel();
  again.job.submitter = "somebody@else";
  driver.ApplySchedule(again);
  EXPECT_EQ(driver.held_commits(), 0u);
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kUnchanged);
  EXPECT_EQ(driver.schedule("check").version, 1u);
}

TEST(ApplySchedule, ChangesWhatDiffersAndGoesOnCounting) {
  FleetDriver driver;
  driver.ApplySchedule(Parallel());
  driver.Pass(absl::Minutes(1));
  ScheduleSpec other = Parallel();
  other.job.bundle = BundleDigest("d2");
  driver.ApplySchedule(other);
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kUpdated);
  EXPECT_EQ(driver.Last<AnswerSchedule>().before->spec, Parallel());
  EXPECT_EQ(driver.schedule("check").version, 2u);
  EXPECT_EQ(driver.schedule("check").started, 1u);
  driver.Pass(absl::Minutes(1));
  EXPECT_EQ(driver.job(driver.schedule("check").last_job).spec.bundle, BundleDigest("d2"));
}

TEST(ApplySchedule, LetsNewTimesCountFromNowOn) {
  FleetDriver driver;  // 22:13:20
  ScheduleSpec spec = Parallel();
  spec.timing.every = absl::Hours(1);
  driver.ApplySchedule(spec);
  driver.Pass(absl::Minutes(30));
  spec.timing.every = absl::Minutes(1);
  driver.ApplySchedule(spec);
  driver.Apply(TimePassed{});
  EXPECT_THAT(driver.Ticks("check"), IsEmpty());
  driver.Pass(absl::Minutes(1));
  EXPECT_THAT(driver.Ticks("check"), SizeIs(1));
}

TEST(ApplySchedule, CountsARunThatTheJitterHeldBackAsSkipped) {
  FleetDriver driver;
  ScheduleSpec spec = Parallel();
  spec.timing.jitter = spec.timing.offset = absl::Seconds(50);
  driver.ApplySchedule(spec);
  driver.Pass(absl::Seconds(45));  // the tick of 22:14:00 is to start at 22:14:50
  spec.timing.jitter = spec.timing.offset = absl::ZeroDuration();
  driver.ApplySchedule(spec);
  ASSERT_THAT(driver.Ticks("check"), SizeIs(1));
  EXPECT_EQ(driver.Ticks("check")[0].outcome, TickOutcome::kSkipped);
  EXPECT_EQ(driver.Ticks("check")[0].reason, "the times were changed");
  driver.Pass(absl::Minutes(1));
  EXPECT_EQ(driver.schedule("check").started, 1u);
}

TEST(ApplySchedule, OnlySaysWhatWouldBecomeOfItInADryRun) {
  FleetDriver driver;
  driver.Ask(ApplySchedule{Parallel(), std::nullopt, true});
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kCreated);
  EXPECT_THAT(driver.store().schedules().schedules(), IsEmpty());
  driver.ApplySchedule(Parallel());
  ScheduleSpec other = Parallel();
  other.timing.every = absl::Seconds(10);
  driver.Ask(ApplySchedule{other, std::nullopt, true});
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kUpdated);
  EXPECT_EQ(driver.schedule("check").version, 1u);
  driver.Pass(absl::Seconds(39));
  EXPECT_EQ(driver.schedule("check").started, 0u);
}

TEST(ApplySchedule, RefusesWhatSomebodyElseChangedMeanwhile) {
  FleetDriver driver;
  driver.Ask(ApplySchedule{Parallel(), ScheduleEdition{1}, false});
  EXPECT_TRUE(absl::IsAborted(driver.Last<AnswerSchedule>().status));
  driver.Ask(ApplySchedule{Parallel(), ScheduleEdition{0}, false});
  EXPECT_TRUE(driver.Last<AnswerSchedule>().status.ok());
  ScheduleSpec other = Parallel();
  other.description = "other";
  driver.Ask(ApplySchedule{other, ScheduleEdition{0}, false});
  EXPECT_THAT(Message(driver), HasSubstr("expected version 0, found 1"));
  driver.Ask(ApplySchedule{other, ScheduleEdition{1}, false});
  EXPECT_TRUE(driver.Last<AnswerSchedule>().status.ok());
  // The same once more, as a client does that has lost the answer.
  driver.Ask(ApplySchedule{other, ScheduleEdition{1}, false});
  EXPECT_TRUE(driver.Last<AnswerSchedule>().status.ok());
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kUnchanged);
}

TEST(ApplySchedule, RefusesWhatCouldNeverRun) {
  FleetSettings settings;
  settings.max_schedules = 1;
  FleetDriver driver(settings);
  const auto refused = [&](absl::StatusCode code, const std::string& why, auto change) {
    ScheduleSpec spec = Parallel();
    change(spec);
    driver.ApplySchedule(spec);
    EXPECT_EQ(driver.Last<AnswerSchedule>().status.code(), code) << why;
    EXPECT_THAT(Message(driver), HasSubstr(why));
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  refused(kInvalid, "one of cron and every", [](ScheduleSpec& spec) { spec.timing.cron = "@daily"; });
  refused(kInvalid, "catch_up: expected 10s to 168h, found 1s",
          [](ScheduleSpec& spec) { spec.catch_up = absl::Seconds(1); });
  refused(kInvalid, "nothing is selected", [](ScheduleSpec& spec) { spec.job.cases.clear(); });
  refused(kInvalid, "@last", [](ScheduleSpec& spec) { spec.job.from = {"@last"}; });
  EXPECT_THAT(driver.store().schedules().schedules(), IsEmpty());
  driver.ApplySchedule(Parallel());
  refused(absl::StatusCode::kResourceExhausted, "1 schedules",
          [](ScheduleSpec& spec) { spec.name = ScheduleName("second"); });
}

TEST(PauseSchedule, StopsTicksThatAreNotMadeUpForAfterwards) {
  FleetDriver driver;
  driver.ApplySchedule(Parallel());
  driver.Ask(PauseSchedule{ScheduleName("check"), "release"});
  EXPECT_TRUE(driver.schedule("check").paused);
  EXPECT_EQ(driver.schedule("check").pause_reason, "release");
  driver.Pass(absl::Minutes(3));
  driver.Restart();
  driver.Pass(absl::Minutes(1));
  EXPECT_THAT(driver.Ticks("check"), IsEmpty());
  driver.Ask(ResumeSchedule{ScheduleName("check")});
  EXPECT_THAT(driver.Ticks("check"), IsEmpty());
  driver.Pass(absl::Minutes(1));
  EXPECT_EQ(driver.schedule("check").started, 1u);
  EXPECT_EQ(driver.schedule("check").missed, 0u);
}

TEST(PauseSchedule, SkipsTheTickThatWaits) {
  FleetDriver driver;
  ScheduleSpec spec = Parallel();
  spec.overlap = OverlapPolicy::kBufferOne;
  driver.ApplySchedule(spec);
  driver.Pass(absl::Minutes(2));
  EXPECT_NE(driver.schedule("check").waiting, std::nullopt);
  driver.Ask(PauseSchedule{ScheduleName("check"), ""});
  EXPECT_EQ(driver.schedule("check").waiting, std::nullopt);
  EXPECT_EQ(driver.Ticks("check")[1].outcome, TickOutcome::kSkipped);
  EXPECT_EQ(driver.Ticks("check")[1].reason, "paused");
}

TEST(PauseSchedule, StaysOverAChange) {
  FleetDriver driver;
  driver.ApplySchedule(Parallel());
  driver.Ask(PauseSchedule{ScheduleName("check"), ""});
  ScheduleSpec other = Parallel();
  other.timing.every = absl::Seconds(10);
  driver.ApplySchedule(other);
  EXPECT_TRUE(driver.schedule("check").paused);
  driver.Pass(absl::Minutes(1));
  EXPECT_THAT(driver.Ticks("check"), IsEmpty());
}

TEST(PauseSchedule, AndResumeChangeNothingTheSecondTime) {
  FleetDriver driver;
  driver.ApplySchedule(Parallel());
  driver.Ask(PauseSchedule{ScheduleName("check"), "x"});
  driver.Pass(absl::Minutes(2));
  driver.Ask(PauseSchedule{ScheduleName("check"), "x"});
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kUnchanged);
  driver.Ask(ResumeSchedule{ScheduleName("check")});
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kUpdated);
  driver.Pass(absl::Seconds(10));
  driver.Ask(ResumeSchedule{ScheduleName("check")});
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kUnchanged);
}

TEST(TriggerSchedule, RunsWhatTheScheduleRunsEvenIfItIsPaused) {
  FleetDriver driver;
  driver.ApplySchedule(Parallel());
  driver.Ask(PauseSchedule{ScheduleName("check"), ""});
  const JobId job = driver.Trigger("check", "now");
  EXPECT_TRUE(driver.Last<AnswerSubmit>().status.ok());
  EXPECT_EQ(driver.job(job).spec.schedule, ScheduleName("check"));
  EXPECT_EQ(driver.job(job).spec.key, RunKey("now"));
  EXPECT_EQ(driver.schedule("check").started, 0u);
  EXPECT_EQ(driver.schedule("check").last_job, job);
  // The same key once more is the same run.
  driver.Trigger("check", "now");
  EXPECT_TRUE(driver.Last<AnswerSubmit>().attached);
  EXPECT_EQ(driver.Last<AnswerSubmit>().job, job);
}

TEST(DeleteSchedule, TakesItsTicksAndLeavesItsRuns) {
  FleetDriver driver;
  driver.ApplySchedule(Parallel());
  driver.Pass(absl::Minutes(1));
  const JobId job = driver.schedule("check").last_job;
  driver.Ask(DeleteSchedule{ScheduleName("check")});
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kDeleted);
  EXPECT_THAT(driver.store().schedules().schedules(), IsEmpty());
  EXPECT_THAT(driver.Ticks("check"), IsEmpty());
  driver.Pass(absl::Minutes(61));
  EXPECT_EQ(driver.store().jobs().size(), 1u);
  EXPECT_TRUE(IsTerminal(driver.job(job).state));
}

TEST(DeleteSchedule, LeavesARunThatItsSuccessorOfTheSameNameDoesNotStartBeside) {
  FleetDriver driver;
  ScheduleSpec spec = Parallel();
  spec.overlap = OverlapPolicy::kSkip;
  driver.ApplySchedule(spec);
  driver.Pass(absl::Minutes(1));
  driver.Ask(DeleteSchedule{ScheduleName("check")});
  driver.ApplySchedule(spec);
  driver.Pass(absl::Minutes(1));
  ASSERT_THAT(driver.Ticks("check"), SizeIs(1));
  EXPECT_EQ(driver.Ticks("check").front().outcome, TickOutcome::kSkipped);
  EXPECT_EQ(driver.store().jobs().size(), 1u);
}

TEST(DeleteSchedule, RefusesWhatSomebodyElseChangedOrMadeAnewMeanwhile) {
  FleetDriver driver;
  const ScheduleName name("check");
  driver.ApplySchedule(Parallel());
  const ScheduleEdition shown{1, driver.schedule("check").created};
  driver.Ask(DeleteSchedule{name, ScheduleEdition{2, shown.created}});
  EXPECT_TRUE(absl::IsAborted(driver.Last<AnswerSchedule>().status));
  driver.Pass(absl::Seconds(1));
  driver.Ask(DeleteSchedule{name});
  driver.ApplySchedule(Parallel());
  driver.Ask(DeleteSchedule{name, shown});
  EXPECT_TRUE(absl::IsAborted(driver.Last<AnswerSchedule>().status));
  EXPECT_THAT(Message(driver), HasSubstr("deleted and made anew"));
  driver.Ask(DeleteSchedule{name, ScheduleEdition{1, driver.schedule("check").created}});
  EXPECT_EQ(driver.Last<AnswerSchedule>().change, ScheduleChange::kDeleted);
}

TEST(DeleteSchedule, TakesATickThatIsDueAtTheSameTimeAlong) {
  FleetDriver driver;
  driver.ApplySchedule(Parallel());
  driver.PassUnnoticed(absl::Minutes(1));
  driver.Ask(DeleteSchedule{ScheduleName("check")});
  EXPECT_THAT(driver.Ticks("check"), IsEmpty());
  EXPECT_EQ(driver.store().jobs().size(), 1u);
}

TEST(Schedules, ThatThereAreNotAreNotFound) {
  FleetDriver driver;
  const ScheduleName name("nope");
  for (const ScheduleRequest& what :
       {ScheduleRequest(PauseSchedule{name, ""}), {ResumeSchedule{name}}, {DeleteSchedule{name}}}) {
    driver.Ask(what);
    EXPECT_TRUE(absl::IsNotFound(driver.Last<AnswerSchedule>().status));
    EXPECT_EQ(Message(driver), "no schedule \"nope\" in this fleet");
  }
  driver.Trigger("nope");
  EXPECT_TRUE(absl::IsNotFound(driver.Last<AnswerSubmit>().status));
}

}  // namespace
}  // namespace wsfleet::fleet
