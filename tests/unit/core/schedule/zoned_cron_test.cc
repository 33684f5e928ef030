#include "core/schedule/zoned_cron.h"

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "core/schedule/zone.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

// When an expression is due where clocks are changed. Row 22 of the faults rests on this.
namespace wsfleet {
namespace {

using ::testing::ElementsAre;

ZonedCron In(const std::string& zone, const std::string& expression) {
  return {CronExpression::Parse(expression).value(), FindZone(zone).value()};
}

absl::Time At(const std::string& zone, const std::string& civil) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", civil, FindZone(zone).value(), &time, &error)) << error;
  return time;
}

// As clocks of the zone show it, with the offset.
std::vector<std::string> NextInZone(const std::string& zone, const std::string& expression, const std::string& from,
                                    int count) {
  const ZonedCron cron = In(zone, expression);
  std::vector<std::string> shown;
  absl::Time time = At(zone, from);
  for (int i = 0; i < count; ++i) {
    time = cron.Next(time);
    shown.push_back(std::string(absl::FormatTime("%d %H:%M %Ez", time, FindZone(zone).value())));
  }
  return shown;
}

TEST(ZonedCron, FollowsTheClockOfTheZone) {
  EXPECT_THAT(NextInZone("UTC", "0 9 * * *", "2025-03-29 12:00", 2), ElementsAre("30 09:00 +00:00", "31 09:00 +00:00"));
  EXPECT_THAT(NextInZone("Europe/Berlin", "0 9 * * *", "2025-03-29 12:00", 2),
              ElementsAre("30 09:00 +02:00", "31 09:00 +02:00"));
  EXPECT_THAT(NextInZone("Asia/Kathmandu", "0 0 * * *", "2025-03-29 12:00", 1), ElementsAre("30 00:00 +05:45"));
}

TEST(ZonedCron, IsLaterThanWhatItIsAskedFor) {
  EXPECT_THAT(NextInZone("UTC", "0 9 * * *", "2025-03-29 09:00", 1), ElementsAre("30 09:00 +00:00"));
  const ZonedCron cron = In("UTC", "0 9 * * *");
  const absl::Time nine = At("UTC", "2025-03-29 09:00");
  EXPECT_EQ(cron.Next(nine - absl::Nanoseconds(1)), nine);
  EXPECT_EQ(cron.Next(nine + absl::Seconds(1)), nine + absl::Hours(24));
}

// Berlin: on 30 March 2025 the clock goes from 02:00 to 03:00, on 26 October 2025 from 03:00 back to 02:00.
TEST(ZonedCron, MakesUpForATimeThatTheClockPassesOverWhenItGoesOn) {
  EXPECT_THAT(NextInZone("Europe/Berlin", "30 2 * * *", "2025-03-28 12:00", 3),
              ElementsAre("29 02:30 +01:00", "30 03:00 +02:00", "31 02:30 +02:00"));
  // Once, however many times it passes over, and whether or not it is due then anyway.
  EXPECT_THAT(NextInZone("Europe/Berlin", "*/20 2 * * *", "2025-03-30 00:00", 2),
              ElementsAre("30 03:00 +02:00", "31 02:00 +02:00"));
  EXPECT_THAT(NextInZone("Europe/Berlin", "0 2,3 * * *", "2025-03-30 00:00", 2),
              ElementsAre("30 03:00 +02:00", "31 02:00 +02:00"));
  EXPECT_THAT(NextInZone("Europe/Berlin", "0 */2 * * *", "2025-03-30 00:00", 3),
              ElementsAre("30 03:00 +02:00", "30 04:00 +02:00", "30 06:00 +02:00"));
  // Not on a day that it does not name.
  EXPECT_THAT(NextInZone("Europe/Berlin", "30 2 31 * *", "2025-03-30 00:00", 1), ElementsAre("31 02:30 +02:00"));
}

TEST(ZonedCron, TakesATimeThatTheClockRepeatsOnce) {
  EXPECT_THAT(NextInZone("Europe/Berlin", "30 2 * * *", "2025-10-25 12:00", 2),
              ElementsAre("26 02:30 +02:00", "27 02:30 +01:00"));
  EXPECT_THAT(NextInZone("Europe/Berlin", "*/30 2 * * *", "2025-10-25 12:00", 3),
              ElementsAre("26 02:00 +02:00", "26 02:30 +02:00", "27 02:00 +01:00"));
  // Asked for in the middle of the hour that comes again.
  EXPECT_EQ(In("Europe/Berlin", "45 2 * * *").Next(absl::FromUnixSeconds(1'761'442'200)),  // 02:30 +01:00
            At("Europe/Berlin", "2025-10-27 02:45"));
}

TEST(ZonedCron, OfEveryHourGoesByTheTimeThatPasses) {
  EXPECT_THAT(NextInZone("Europe/Berlin", "*/30 * * * *", "2025-03-30 01:15", 3),
              ElementsAre("30 01:30 +01:00", "30 03:00 +02:00", "30 03:30 +02:00"));
  EXPECT_THAT(NextInZone("Europe/Berlin", "30 * * * *", "2025-03-30 01:15", 2),
              ElementsAre("30 01:30 +01:00", "30 03:30 +02:00"));
  EXPECT_THAT(NextInZone("Europe/Berlin", "30 * * * *", "2025-10-26 01:15", 4),
              ElementsAre("26 01:30 +02:00", "26 02:30 +02:00", "26 02:30 +01:00", "26 03:30 +01:00"));
}

TEST(ZonedCron, KnowsChangesOfOtherSizesAndTimes) {
  // New York: 02:00 to 03:00 on 9 March, 02:00 back to 01:00 on 2 November.
  EXPECT_THAT(NextInZone("America/New_York", "15 2 * * *", "2025-03-09 00:00", 2),
              ElementsAre("09 03:00 -04:00", "10 02:15 -04:00"));
  EXPECT_THAT(NextInZone("America/New_York", "15 1 * * *", "2025-11-02 00:00", 2),
              ElementsAre("02 01:15 -04:00", "03 01:15 -05:00"));
  // Lord Howe: half an hour. 02:00 to 02:30 on 5 October, 02:00 back to 01:30 on 6 April.
  EXPECT_THAT(NextInZone("Australia/Lord_Howe", "15 2 * * *", "2025-10-05 00:00", 2),
              ElementsAre("05 02:30 +11:00", "06 02:15 +11:00"));
  EXPECT_THAT(NextInZone("Australia/Lord_Howe", "45 1 * * *", "2025-04-06 00:00", 2),
              ElementsAre("06 01:45 +11:00", "07 01:45 +10:30"));
  // Santiago: midnight does not exist on 7 September, and 23:00 to 24:00 comes twice on 5 April.
  EXPECT_THAT(NextInZone("America/Santiago", "@daily", "2025-09-06 12:00", 2),
              ElementsAre("07 01:00 -03:00", "08 00:00 -03:00"));
  EXPECT_THAT(NextInZone("America/Santiago", "30 23 * * *", "2025-04-05 12:00", 2),
              ElementsAre("05 23:30 -03:00", "06 23:30 -04:00"));
  // Apia left out the whole of 30 December 2011.
  EXPECT_THAT(NextInZone("Pacific/Apia", "0 12 * * *", "2011-12-29 00:00", 3),
              ElementsAre("29 12:00 -10:00", "31 00:00 +14:00", "31 12:00 +14:00"));
}

TEST(ZonedCron, CountsALongTimeAtOnce) {
  // Ten years of minutes, and of a time that is passed over ten times and repeated ten times.
  const absl::Time from = At("Europe/Berlin", "2020-01-01 00:00");
  const absl::Time until = At("Europe/Berlin", "2030-01-01 00:00");
  EXPECT_EQ(In("Europe/Berlin", "* * * * *").Count(from, until), 3653u * 24 * 60);
  EXPECT_EQ(In("Europe/Berlin", "30 2 * * *").Count(from, until), 3653u);
  EXPECT_EQ(In("Europe/Berlin", "30 2 * * *").Count(until, from), 0u);
  EXPECT_EQ(In("UTC", "0 0 * * *").Count(from, absl::InfiniteFuture()),
            In("UTC", "0 0 * * *").Count(from, absl::FromUnixSeconds(253'370'764'800)));
}

TEST(ZonedCron, EndsWithTheCalendar) {
  EXPECT_EQ(In("UTC", "0 0 * * *").Next(absl::InfiniteFuture()), absl::InfiniteFuture());
  EXPECT_LT(In("Europe/Berlin", "0 0 * * *").Next(absl::InfinitePast()), absl::UnixEpoch());
}

// The rule once more, minute by minute, by what a clock on the wall shows.
class WallClock {
 public:
  WallClock(const CronExpression& cron, const absl::TimeZone& zone) : cron_(cron), zone_(zone) {}

  std::vector<absl::Time> Due(absl::Time after, absl::Time until) const {
    // What was seen before counts as well: half a day is more than any clock is put back.
    std::set<absl::CivilMinute> seen;
    absl::Time start = after - absl::Hours(36);
    start -= (start - absl::UnixEpoch()) % absl::Minutes(1);
    absl::CivilMinute last = absl::CivilMinute(zone_.At(start).cs) - 1;
    std::vector<absl::Time> due;
    for (absl::Time time = start; time <= until; time += absl::Minutes(1)) {
      const absl::CivilMinute now(zone_.At(time).cs);
      bool is_due = cron_.Matches(now) && (cron_.names_every_hour() || !seen.contains(now));
      for (absl::CivilMinute passed = last + 1; passed < now && !cron_.names_every_hour(); ++passed) {
        is_due = is_due || cron_.Matches(passed);
      }
      seen.insert(now);
      last = now;
      if (is_due && time > after) due.push_back(time);
    }
    return due;
  }

 private:
  const CronExpression& cron_;
  const absl::TimeZone& zone_;
};

std::string AnyField(int min, int max) {
  const auto value = [&] { return *rc::gen::inRange(min, max + 1); };
  switch (*rc::gen::weightedElement<int>({{3, 0}, {4, 1}, {2, 2}, {2, 3}, {2, 4}})) {
    case 0:
      return "*";
    case 1:
      return std::to_string(value());
    case 2: {
      const int a = value(), b = value();
      return std::to_string(std::min(a, b)) + "-" + std::to_string(std::max(a, b));
    }
    case 3:
      return "*/" + std::to_string(*rc::gen::inRange(1, max - min + 1));
    default:
      return std::to_string(value()) + "," + std::to_string(value());
  }
}

// rapidcheck prints the seed of a failure.
RC_GTEST_PROP(ZonedCron, AgreesWithAClockOnTheWall, ()) {
  const std::string zone_name = *rc::gen::element<std::string>(
      "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu",
      "Africa/Casablanca", "Europe/Dublin", "Pacific/Apia", "America/St_Johns", "Africa/Cairo", "Asia/Tehran");
  const absl::TimeZone zone = FindZone(zone_name).value();
  const std::string text =
      AnyField(0, 59) + " " + AnyField(0, 23) + " " + AnyField(1, 31) + " " + AnyField(1, 12) + " " + AnyField(0, 7);
  const auto cron = CronExpression::Parse(text);
  RC_PRE(cron.ok());
  // Half of the times about a change of the clock.
  absl::Time after = absl::FromUnixSeconds(*rc::gen::inRange<std::int64_t>(1'262'304'000, 2'208'988'800));
  absl::TimeZone::CivilTransition change;
  if (*rc::gen::arbitrary<bool>() && zone.NextTransition(after, &change)) {
    after = zone.At(std::min(change.from, change.to)).trans - absl::Minutes(*rc::gen::inRange(-200, 2000));
  }
  const absl::Time until = after + absl::Minutes(*rc::gen::inRange(0, 5000));
  RC_LOG() << text << " in " << zone_name << " after " << absl::FormatTime(after, zone) << "\n";

  const ZonedCron zoned(*cron, zone);
  std::vector<absl::Time> found;
  for (absl::Time time = zoned.Next(after); time <= until; time = zoned.Next(time)) found.push_back(time);
  RC_ASSERT(found == WallClock(*cron, zone).Due(after, until));
  RC_ASSERT(zoned.Count(after, until) == found.size());
}

}  // namespace
}  // namespace wsfleet
