#include "core/schedule/timing.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/schedule/zone.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_message.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;
using testing::Message;

Timing Every(absl::Duration every) {
  Timing timing;
  timing.every = every;
  return timing;
}

Timing CronTiming(const std::string& cron, const std::string& zone = "UTC") {
  Timing timing;
  timing.cron = cron;
  timing.zone = zone;
  return timing;
}

TEST(TickRule, OfAnIntervalCountsFrom1970) {
  const TickRule rule = TickRule::Of(Every(absl::Seconds(30))).value();
  const absl::Time minute = absl::FromUnixSeconds(1'700'000'040);
  EXPECT_EQ(rule.Next(minute), minute + absl::Seconds(30));
  EXPECT_EQ(rule.Next(minute - absl::Nanoseconds(1)), minute);
  EXPECT_EQ(rule.Next(absl::FromUnixSeconds(-31)), absl::FromUnixSeconds(-30));
  EXPECT_EQ(rule.Next(absl::FromUnixSeconds(-30)), absl::UnixEpoch());
  EXPECT_EQ(rule.Count(minute, minute + absl::Minutes(10)), 20u);
  EXPECT_EQ(rule.Count(minute, minute + absl::Seconds(29)), 0u);
  EXPECT_EQ(rule.Count(absl::FromUnixSeconds(-31), absl::FromUnixSeconds(1)), 2u);
  EXPECT_EQ(rule.Count(minute, minute), 0u);
}

TEST(TickRule, OfACronExpressionKnowsItsZone) {
  const TickRule rule = TickRule::Of(CronTiming("0 9 * * *", "Europe/Berlin")).value();
  EXPECT_EQ(rule.Next(absl::FromUnixSeconds(1'735'689'600)), absl::FromUnixSeconds(1'735'718'400));  // 1 January 2025
  EXPECT_EQ(rule.Count(absl::FromUnixSeconds(1'735'689'600), absl::FromUnixSeconds(1'735'689'600 + 7 * 86'400)), 7u);
}

TEST(TickRule, RefusesWhatIsNone) {
  const auto refusal = [](const Timing& timing) { return Message(TickRule::Of(timing).status()); };
  EXPECT_THAT(refusal({}), HasSubstr("expected one of cron and every"));
  Timing both = CronTiming("@daily");
  both.every = absl::Minutes(1);
  EXPECT_THAT(refusal(both), HasSubstr("expected one of cron and every"));
  EXPECT_THAT(refusal(Every(absl::Milliseconds(500))), HasSubstr("every: expected 1s to 8784h, found 500ms"));
  EXPECT_THAT(refusal(CronTiming("@dayly")), HasSubstr("cron: "));
  EXPECT_THAT(refusal(CronTiming("@daily", "Europe/Berlim")), HasSubstr("did you mean \"Europe/Berlin\"?"));
  Timing jittered = Every(absl::Minutes(1));
  jittered.jitter = absl::Minutes(2);
  EXPECT_THAT(refusal(jittered), HasSubstr("jitter: expected 0s to 1m, found 2m"));
}

TEST(Timing, ReadsAsItWasWritten) {
  EXPECT_EQ(TimingText(CronTiming("*/5 * * * *", "Europe/Berlin")), "*/5 * * * * Europe/Berlin");
  EXPECT_EQ(TimingText(Every(absl::Seconds(90))), "every 90s");
}

TEST(Jitter, IsTheSameForANameAndWithinItsBound) {
  const absl::Duration bound = absl::Minutes(5);
  const absl::Duration offset = JitterOffset(FleetName("default"), ScheduleName("nightly"), bound);
  // What is stored must not change with a version of ours.
  EXPECT_EQ(offset, absl::Milliseconds(242'926));
  EXPECT_NE(offset, JitterOffset(FleetName("other"), ScheduleName("nightly"), bound));
  EXPECT_EQ(JitterOffset(FleetName("default"), ScheduleName("nightly"), absl::ZeroDuration()), absl::ZeroDuration());
}

TEST(Jitter, SpreadsNamesOverItsBound) {
  // A thousand names in ten equal parts: no part is empty or has twice its share.
  std::vector<int> parts(10);
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration offset =
        JitterOffset(FleetName("default"), ScheduleName(fmt::format("check-{}", i)), absl::Minutes(10));
    ASSERT_GE(offset, absl::ZeroDuration());
    ASSERT_LT(offset, absl::Minutes(10));
    ++parts[static_cast<std::size_t>(offset / absl::Minutes(1))];
  }
  EXPECT_GT(*std::ranges::min_element(parts), 50);
  EXPECT_LT(*std::ranges::max_element(parts), 200);
}

TEST(Zones, AreThoseOfTheDatabase) {
  for (const char* name : {"UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "EST5EDT",
                           "America/Port-au-Prince"}) {
    EXPECT_TRUE(FindZone(name).ok()) << name;
  }
  for (const std::string_view name : KnownZones()) EXPECT_TRUE(FindZone(name).ok()) << name;
}

TEST(Zones, AreNoPathsAndNotThisMachinesOwn) {
  for (const char* name : {"", "localtime", "Local", "/etc/localtime", "../zoneinfo/UTC", "Europe/../UTC", "right/UTC",
                           "posix/UTC", "Factory", "file:UTC", "Fixed/UTC+01:00:00", "Europe/", "zone.tab", "+01:00"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(FindZone(name).status())) << name;
  }
}

TEST(Zones, SuggestWhatWasMeant) {
  const auto refusal = [](std::string_view name) { return Message(FindZone(name).status()); };
  EXPECT_THAT(refusal("europe/berlin"), HasSubstr("did you mean \"Europe/Berlin\"?"));
  EXPECT_THAT(refusal("Berlin"), HasSubstr("did you mean \"Europe/Berlin\"?"));
  EXPECT_THAT(refusal("America/New York"), HasSubstr("did you mean \"America/New_York\"?"));
  EXPECT_THAT(refusal("utc"), HasSubstr("did you mean \"UTC\"?"));
  EXPECT_THAT(refusal("Mars/Olympus_Mons"), HasSubstr("expected a name of the IANA database"));
}

}  // namespace
}  // namespace wsfleet
