#include "coordinator/wall_clock.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

FleetSnapshot ARun(absl::Duration ago_by_wall, absl::Duration ago) {
  FleetSnapshot snapshot;
  JobRecord job;
  job.id = JobId("r-1");
  job.started = kNow - ago_by_wall;
  snapshot.jobs = {job};
  snapshot.elapsed.emplace(job.id, ago);
  return snapshot;
}

TEST(WrongClock, IsOneThatDiffersFromTheTimeThatReallyPassedSinceARunBegan) {
  EXPECT_THAT(WrongClock(ARun(absl::Hours(1) + absl::Seconds(3), absl::Seconds(3)), kNow),
              HasSubstr("this machine's clock is 1h00m ahead of that by which run r-1 began"));
  EXPECT_THAT(WrongClock(ARun(-absl::Minutes(5), absl::ZeroDuration()), kNow), HasSubstr("is 5m00s behind that"));
}

TEST(WrongClock, IsNotSuspectedWithoutReason) {
  EXPECT_THAT(WrongClock({}, kNow), IsEmpty());
  EXPECT_THAT(WrongClock(ARun(absl::Seconds(59), absl::ZeroDuration()), kNow), IsEmpty());
  FleetSnapshot unknown = ARun(absl::Hours(1), absl::ZeroDuration());
  unknown.elapsed.clear();
  EXPECT_THAT(WrongClock(unknown, kNow), IsEmpty());
}

TEST(ClockSteps, AreByHowMuchTheWallClockGoesOnMoreThanTheOther) {
  ClockSteps steps;
  Now now{SteadyTime{absl::Hours(7)}, kNow};
  const auto pass = [&](absl::Duration steady, absl::Duration wall) {
    now = {now.steady + steady, now.wall + wall};
    return steps.Look(now);
  };
  EXPECT_EQ(steps.Look(now), absl::ZeroDuration());
  EXPECT_EQ(pass(absl::Seconds(5), absl::Seconds(5)), absl::ZeroDuration());
  EXPECT_EQ(pass(absl::Seconds(5), absl::Hours(1) + absl::Seconds(5)), absl::Hours(1));
  EXPECT_EQ(pass(absl::Seconds(5), absl::Seconds(5)), absl::ZeroDuration());
  EXPECT_EQ(pass(absl::Seconds(5), absl::Seconds(5) - absl::Hours(2)), -absl::Hours(2));
  EXPECT_EQ(pass(absl::Seconds(5), absl::Seconds(50)), absl::ZeroDuration());
}

}  // namespace
}  // namespace wsfleet::coordinator
