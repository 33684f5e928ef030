#include <string>
#include <vector>

#include "coordinator/fleet/fleet.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// A tick that is due while a run of its schedule has not ended.
namespace wsfleet::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr TickOutcome kStarted = TickOutcome::kStarted;
constexpr TickOutcome kSkipped = TickOutcome::kSkipped;
constexpr TickOutcome kWaiting = TickOutcome::kWaiting;

// One agent that runs what it gets when it is told to, and one schedule.
class Overlap : public ::testing::Test {
 protected:
  void Apply(OverlapPolicy policy) {
    ScheduleSpec spec = EachMinute("check");
    spec.overlap = policy;
    driver_.ApplySchedule(spec);
    driver_.Pass(absl::Minutes(1));
    ASSERT_EQ(driver_.schedule("check").started, 1u);
  }

  void FinishRun() { driver_.RunAll(stream_, driver_.Last<SendAssignment>()); }

  std::vector<TickOutcome> Outcomes() const {
    std::vector<TickOutcome> outcomes;
    for (const TickRecord& tick : driver_.Ticks("check")) outcomes.push_back(tick.outcome);
    return outcomes;
  }
  TickRecord Tick(std::size_t index) const { return driver_.Ticks("check").at(index); }

  static FleetSettings LongLeases() {
    FleetSettings settings;
    settings.lease_time = absl::Minutes(30);
    return settings;
  }

  FleetDriver driver_{LongLeases()};
  StreamId stream_ = driver_.Connect("eu-1", "eu-west-1");
};

TEST_F(Overlap, SkipsWhileARunHasNotEnded) {
  Apply(OverlapPolicy::kSkip);
  const JobId first = Tick(0).job;
  driver_.Pass(absl::Seconds(61));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kSkipped));
  EXPECT_EQ(Tick(1).reason, "run " + first.value() + " had not ended");
  FinishRun();
  driver_.Pass(absl::Minutes(1));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kSkipped, kStarted));
  EXPECT_EQ(driver_.schedule("check").skipped, 1u);
}

TEST_F(Overlap, KnowsItsOpenRunsAfterARestart) {
  Apply(OverlapPolicy::kSkip);
  driver_.Restart();
  driver_.Pass(absl::Seconds(60));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kSkipped));
}

TEST_F(Overlap, BuffersOneTickAndSkipsFurtherOnes) {
  Apply(OverlapPolicy::kBufferOne);
  driver_.Pass(absl::Seconds(61));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kWaiting));
  EXPECT_EQ(driver_.schedule("check").waiting, Tick(1).nominal);
  FinishRun();
  driver_.Pass(absl::ZeroDuration());
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kStarted));
  EXPECT_EQ(driver_.job(Tick(1).job).spec.tick, Tick(1).nominal);
  EXPECT_EQ(driver_.schedule("check").waiting, std::nullopt);
  driver_.Pass(absl::Minutes(2));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kStarted, kWaiting, kSkipped));
  EXPECT_THAT(Tick(3).reason, HasSubstr("and the tick of 2023-11-14T22:16:00Z waited"));
}

TEST_F(Overlap, StartsTheTickThatWaitedAfterARestart) {
  Apply(OverlapPolicy::kBufferOne);
  driver_.Pass(absl::Seconds(61));
  driver_.Cancel(Tick(0).job);
  // The lease of the agent that has gone ends.
  driver_.Disconnect(stream_);
  driver_.Restart();
  driver_.Pass(absl::Minutes(31));
  EXPECT_EQ(driver_.job(Tick(0).job).state, JobState::kCancelled);
  EXPECT_EQ(Tick(1).outcome, kStarted);
}

TEST_F(Overlap, AllowsRunsBesideEachOther) {
  Apply(OverlapPolicy::kAllow);
  driver_.Pass(absl::Minutes(2));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kStarted, kStarted));
}

TEST_F(Overlap, CancelsTheOtherAndStartsAfterItsEnd) {
  Apply(OverlapPolicy::kCancelOther);
  const auto assignment = driver_.Last<SendAssignment>();
  driver_.Pass(absl::Seconds(40));
  driver_.Pass(absl::Seconds(21));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kWaiting));
  EXPECT_THAT(driver_.Last<SendCancel>().reason, HasSubstr("schedule check: the next run is due"));
  EXPECT_EQ(driver_.Count<SendAssignment>(), 1u);
  driver_.Finish(stream_, assignment.lease, ShardEnd::kCancelled);
  driver_.Pass(absl::ZeroDuration());
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kStarted));
  EXPECT_EQ(driver_.job(Tick(0).job).state, JobState::kCancelled);
  EXPECT_EQ(driver_.Count<SendAssignment>(), 2u);
}

TEST_F(Overlap, KeepsTheNewestOfThoseThatWaitForACancelledRun) {
  Apply(OverlapPolicy::kCancelOther);
  driver_.Pass(absl::Seconds(61));
  driver_.Pass(absl::Seconds(61));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kSkipped, kWaiting));
  EXPECT_THAT(Tick(1).reason, HasSubstr("a newer one was due"));
}

TEST_F(Overlap, CancelsARunThatNoAgentHasAtOnce) {
  driver_.Disconnect(stream_);
  Apply(OverlapPolicy::kCancelOther);
  driver_.Pass(absl::Seconds(61));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kStarted));
}

TEST_F(Overlap, TakesTheNewestOfSeveralThatAreDueAtOnceWhereEachWouldCancelTheOther) {
  Apply(OverlapPolicy::kCancelOther);
  FinishRun();
  driver_.PassUnnoticed(absl::Minutes(3));
  driver_.Apply(TimePassed{});
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kSkipped, kSkipped, kStarted));
}

TEST_F(Overlap, CountsARunByHand) {
  Apply(OverlapPolicy::kSkip);
  FinishRun();
  const JobId job = driver_.Trigger("check");
  EXPECT_TRUE(driver_.Last<AnswerSubmit>().status.ok());
  EXPECT_EQ(driver_.schedule("check").last_job, job);
  EXPECT_EQ(driver_.job(job).spec.tick, std::nullopt);
  driver_.Pass(absl::Minutes(1));
  EXPECT_THAT(Outcomes(), ElementsAre(kStarted, kSkipped));
}

}  // namespace
}  // namespace wsfleet::fleet
