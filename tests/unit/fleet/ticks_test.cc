#include <string>
#include <vector>

#include "coordinator/fleet/fleet.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// Nominal times: when they make runs, when they are late, and what is counted. The store of these tests counts too.
namespace wsfleet::fleet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TickOutcome kTickStarted = TickOutcome::kStarted;
constexpr TickOutcome kMissed = TickOutcome::kMissed;

std::vector<TickOutcome> Outcomes(const FleetDriver& driver, const std::string& name = "check") {
  std::vector<TickOutcome> outcomes;
  for (const TickRecord& tick : driver.Ticks(name)) outcomes.push_back(tick.outcome);
  return outcomes;
}

ScheduleSpec ParallelSchedule(const std::string& name = "check") {
  ScheduleSpec spec = EachMinute(name);
  spec.overlap = OverlapPolicy::kAllow;
  return spec;
}

TEST(Ticks, MakeARunEachInTheSameCommit) {
  FleetDriver driver;  // 20 seconds after a full minute
  driver.ApplySchedule(ParallelSchedule());
  driver.Pass(absl::Seconds(39));
  EXPECT_THAT(driver.Ticks("check"), IsEmpty());
  driver.Pass(absl::Seconds(1));
  ASSERT_THAT(driver.Ticks("check"), SizeIs(1));
  const TickRecord tick = driver.Ticks("check")[0];
  EXPECT_EQ(tick.outcome, kTickStarted);
  EXPECT_EQ(tick.nominal, absl::FromUnixSeconds(1'700'000'040));
  const JobRecord& job = driver.job(tick.job);
  EXPECT_EQ(job.spec.schedule, ScheduleName("check"));
  EXPECT_EQ(job.spec.tick, tick.nominal);
  EXPECT_EQ(job.spec.cases, TwoCases().cases);
  EXPECT_THAT(driver.Notes(tick.job), Contains("schedule check: due at 2023-11-14T22:14:00Z, started 0µs later"));
  EXPECT_EQ(driver.schedule("check").last_job, tick.job);
  driver.Pass(absl::Minutes(2));
  EXPECT_THAT(Outcomes(driver), ElementsAre(kTickStarted, kTickStarted, kTickStarted));
  EXPECT_EQ(driver.store().jobs().size(), 3u);
  EXPECT_EQ(driver.schedule("check").started, 3u);
}

TEST(Ticks, RunOnAgentsAsAnyOtherRunDoes) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.ApplySchedule(EachMinute("check"));
  driver.Pass(absl::Minutes(1));
  const auto assignment = driver.Last<SendAssignment>();
  ASSERT_EQ(assignment.spec->schedule, ScheduleName("check"));
  driver.RunAll(stream, assignment);
  EXPECT_EQ(driver.job(assignment.lease.shard.job).verdict, JobVerdict::kPassed);
}

TEST(Ticks, StartLaterByTheOffsetOfTheJitter) {
  FleetDriver driver;
  ScheduleSpec spec = ParallelSchedule();
  spec.timing.jitter = absl::Seconds(30);
  spec.timing.offset = absl::Seconds(7);
  driver.ApplySchedule(spec);
  driver.Pass(absl::Seconds(46));
  EXPECT_THAT(driver.Ticks("check"), IsEmpty());
  driver.Pass(absl::Seconds(1));
  ASSERT_THAT(driver.Ticks("check"), SizeIs(1));
  EXPECT_EQ(driver.Ticks("check")[0].nominal, absl::FromUnixSeconds(1'700'000'040));
  EXPECT_EQ(driver.Ticks("check")[0].decided, absl::FromUnixSeconds(1'700'000'047));
}

TEST(Ticks, AreMadeUpForWithinTheWindowAndCountedBeforeIt) {
  FleetDriver driver;
  ScheduleSpec spec = ParallelSchedule();
  spec.catch_up = absl::Minutes(2);
  driver.ApplySchedule(spec);
  driver.PassUnnoticed(absl::Seconds(5 * 60));  // 22:18:20; 22:14 to 22:18 were due
  driver.Restart();
  driver.Apply(TimePassed{});
  EXPECT_THAT(Outcomes(driver), ElementsAre(kMissed, kTickStarted, kTickStarted));
  EXPECT_EQ(driver.Ticks("check")[0].count, 3u);
  EXPECT_EQ(driver.Ticks("check")[0].nominal, absl::FromUnixSeconds(1'700'000'040));
  EXPECT_THAT(driver.Ticks("check")[0].reason, HasSubstr("nobody was there within 2m"));
  EXPECT_EQ(driver.schedule("check").missed, 3u);
  EXPECT_EQ(driver.schedule("check").started, 2u);
  driver.Pass(absl::Seconds(40));
  EXPECT_EQ(driver.schedule("check").started, 3u);
}

TEST(Ticks, AreStillInTimeAtTheEndOfTheWindow) {
  for (const int late : {120, 121}) {
    FleetDriver driver;
    ScheduleSpec spec = ParallelSchedule();
    spec.timing.every = absl::Hours(1);  // due at 23:00
    spec.catch_up = absl::Minutes(2);
    driver.ApplySchedule(spec);
    driver.PassUnnoticed(absl::FromUnixSeconds(1'700'002'800 + late) - driver.wall());
    driver.Apply(TimePassed{});
    EXPECT_THAT(Outcomes(driver), ElementsAre(late == 120 ? kTickStarted : kMissed)) << late;
  }
}

TEST(Ticks, OfALongTimeAreBoundedAndCountedAtOnce) {
  FleetDriver driver;
  ScheduleSpec spec = ParallelSchedule();
  spec.timing.every = absl::Seconds(1);
  spec.catch_up = absl::Hours(1);
  driver.ApplySchedule(spec);
  driver.PassUnnoticed(absl::Hours(24 * 365));
  driver.Apply(TimePassed{});
  EXPECT_EQ(driver.schedule("check").started, 100u);
  EXPECT_EQ(driver.schedule("check").missed, 365u * 24 * 3600 - 100);
  EXPECT_THAT(driver.Ticks("check"), SizeIs(101));
}

TEST(Ticks, DoNotComeTwiceWhenTheWallClockIsPutBack) {
  FleetDriver driver;
  driver.ApplySchedule(ParallelSchedule());
  driver.Pass(absl::Minutes(2));
  EXPECT_EQ(driver.schedule("check").started, 2u);
  driver.MoveWall(-absl::Hours(1));
  driver.Pass(absl::Minutes(59));
  EXPECT_EQ(driver.schedule("check").started, 2u);
  driver.Restart();
  driver.Pass(absl::Minutes(2));
  EXPECT_EQ(driver.schedule("check").started, 3u);
}

TEST(Ticks, AreNoticedSoonWhenTheWallClockIsPutForward) {
  FleetDriver driver;
  ScheduleSpec spec = ParallelSchedule();
  spec.timing.every = absl::Hours(1);
  driver.ApplySchedule(spec);
  driver.MoveWall(absl::FromUnixSeconds(1'700'002'800) - driver.wall());
  driver.Pass(absl::Seconds(30));
  EXPECT_EQ(driver.schedule("check").started, 1u);
}

TEST(Ticks, ThatAreNotCommittedAreDecidedOnAgainAfterARestart) {
  FleetDriver driver;
  driver.ApplySchedule(ParallelSchedule());
  driver.HoldCommits();
  driver.Pass(absl::Minutes(1));
  EXPECT_EQ(driver.held_commits(), 1u);
  driver.Restart();
  driver.Apply(TimePassed{});
  while (driver.held_commits() > 0) driver.CommitOne();
  EXPECT_EQ(driver.schedule("check").started, 1u);
  EXPECT_EQ(driver.store().jobs().size(), 1u);
}

TEST(Ticks, AreRefusedByALimitOfTheFleetAndCounted) {
  FleetSettings settings;
  settings.max_open_jobs = 1;
  FleetDriver driver(settings);
  driver.ApplySchedule(ParallelSchedule());
  driver.Pass(absl::Minutes(2));
  EXPECT_THAT(Outcomes(driver), ElementsAre(kTickStarted, TickOutcome::kRefused));
  EXPECT_THAT(driver.Ticks("check")[1].reason, HasSubstr("the fleet's limit is reached"));
  EXPECT_EQ(driver.schedule("check").refused, 1u);
}

TEST(Ticks, OfAZoneThatThisMachineDoesNotKnowWait) {
  FleetDriver driver;
  FleetSnapshot snapshot;
  ScheduleRecord record;
  record.spec = EachMinute("check");
  record.spec.timing.every = absl::ZeroDuration();
  record.spec.timing.cron = "* * * * *";
  record.spec.timing.zone = "Mars/Olympus_Mons";
  record.settled = driver.wall();
  snapshot.schedules = {record};
  Fleet fleet = Fleet::Load({}, snapshot, {SteadyTime{}, driver.wall()});
  EXPECT_THAT(fleet.Apply(TimePassed{}, {SteadyTime{absl::Hours(1)}, driver.wall() + absl::Hours(1)}), IsEmpty());
  EXPECT_EQ(fleet.NextWakeup(), SteadyTime::Infinite());
  EXPECT_EQ(fleet.Snapshot().schedules, snapshot.schedules);
}

TEST(Ticks, OfSeveralSchedulesAreDueByThemselves) {
  FleetDriver driver;
  driver.ApplySchedule(ParallelSchedule("a"));
  ScheduleSpec slow = ParallelSchedule("b");
  slow.timing.every = absl::Minutes(3);
  driver.ApplySchedule(slow);
  driver.Pass(absl::Minutes(6));
  EXPECT_EQ(driver.schedule("a").started, 6u);
  EXPECT_EQ(driver.schedule("b").started, 2u);
}

TEST(Ticks, KeepTheirIdsApartOverRestarts) {
  FleetDriver driver;
  driver.ApplySchedule(ParallelSchedule());
  for (int i = 0; i < 5; ++i) {
    driver.Pass(absl::Minutes(1));
    driver.Restart();
  }
  EXPECT_EQ(driver.store().jobs().size(), 5u);
}

}  // namespace
}  // namespace wsfleet::fleet
