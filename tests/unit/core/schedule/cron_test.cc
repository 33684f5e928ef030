#include "core/schedule/cron.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CronExpression Cron(const std::string& text) {
  auto parsed = CronExpression::Parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return *std::move(parsed);
}

std::string MistakeOf(const std::string& text) {
  CronExpression::Mistake mistake;
  EXPECT_FALSE(CronExpression::Parse(text, &mistake).ok()) << text;
  EXPECT_LE(mistake.offset + mistake.length, std::max<std::size_t>(text.size(), mistake.offset + 1)) << text;
  return mistake.message;
}

std::string Marked(const std::string& text) {
  CronExpression::Mistake mistake;
  EXPECT_FALSE(CronExpression::Parse(text, &mistake).ok()) << text;
  return text.substr(mistake.offset, mistake.length);
}

constexpr absl::CivilMinute kThursday(2024, 2, 29, 10, 7);

// The next so many from a Thursday, 29 February, 10:07.
std::vector<std::string> NextOf(const std::string& text, int count = 3) {
  const CronExpression cron = Cron(text);
  std::vector<std::string> next;
  absl::CivilMinute from = kThursday;
  for (int i = 0; i < count; ++i) {
    const auto match = cron.FirstMatch(from, absl::CivilMinute::max());
    if (!match) break;
    EXPECT_TRUE(cron.Matches(*match));
    next.push_back(std::string(absl::FormatCivilTime(*match)));
    from = *match + 1;
  }
  return next;
}

TEST(Cron, TakesNumbersListsRangesAndSteps) {
  EXPECT_THAT(NextOf("* * * * *"), ElementsAre("2024-02-29T10:07", "2024-02-29T10:08", "2024-02-29T10:09"));
  EXPECT_THAT(NextOf("*/15 * * * *"), ElementsAre("2024-02-29T10:15", "2024-02-29T10:30", "2024-02-29T10:45"));
  EXPECT_THAT(NextOf("5,10-12 * * * *", 4),
              ElementsAre("2024-02-29T10:10", "2024-02-29T10:11", "2024-02-29T10:12", "2024-02-29T11:05"));
  EXPECT_THAT(NextOf("0 9-17/4 * * *"), ElementsAre("2024-02-29T13:00", "2024-02-29T17:00", "2024-03-01T09:00"));
  // From a number to the field's end.
  EXPECT_EQ(Cron("40/10 * * * *").fields(), Cron("40,50 * * * *").fields());
  EXPECT_EQ(Cron("0 0 * * 1/2").fields(), Cron("0 0 * * 1,3,5").fields());
  EXPECT_EQ(Cron("0\t0  1 1  * ").fields(), Cron("0 0 1 1 *").fields());
}

TEST(Cron, TakesNamesOfMonthsAndDays) {
  EXPECT_EQ(Cron("0 0 1 jan-Mar,DEC *").fields(), Cron("0 0 1 1-3,12 *").fields());
  EXPECT_EQ(Cron("0 0 * * mon-FRI").fields(), Cron("0 0 * * 1-5").fields());
  // Sunday begins a week and ends it.
  EXPECT_EQ(Cron("0 0 * * 7").fields(), Cron("0 0 * * SUN").fields());
  EXPECT_EQ(Cron("0 0 * * SAT-SUN").fields(), Cron("0 0 * * 0,6").fields());
  EXPECT_EQ(Cron("0 0 * * 5-7").fields(), Cron("0 0 * * 0,5,6").fields());
  EXPECT_EQ(Cron("0 0 * * SUN-TUE").fields(), Cron("0 0 * * 0-2").fields());
  EXPECT_EQ(Cron("0 0 * * */2").fields(), Cron("0 0 * * 0-6/2").fields());
}

TEST(Cron, TakesWordsForWhatIsUsual) {
  EXPECT_EQ(Cron("@hourly").fields(), Cron("0 * * * *").fields());
  EXPECT_EQ(Cron("@daily").fields(), Cron("0 0 * * *").fields());
  EXPECT_EQ(Cron("@Midnight").fields(), Cron("0 0 * * *").fields());
  EXPECT_EQ(Cron("@weekly").fields(), Cron("0 0 * * 0").fields());
  EXPECT_EQ(Cron("@monthly").fields(), Cron("0 0 1 * *").fields());
  EXPECT_EQ(Cron("@yearly").fields(), Cron("@annually").fields());
}

TEST(Cron, TakesADayThatEitherFieldNamesUnlessOneBeginsWithAStar) {
  // 1 March 2024 is a Friday.
  EXPECT_THAT(NextOf("0 0 13 * FRI", 4),
              ElementsAre("2024-03-01T00:00", "2024-03-08T00:00", "2024-03-13T00:00", "2024-03-15T00:00"));
  EXPECT_THAT(NextOf("0 0 * * FRI", 2), ElementsAre("2024-03-01T00:00", "2024-03-08T00:00"));
  EXPECT_THAT(NextOf("0 0 13 * ?", 2), ElementsAre("2024-03-13T00:00", "2024-04-13T00:00"));
  // Odd days that are Mondays.
  EXPECT_THAT(NextOf("0 0 */2 * MON", 3), ElementsAre("2024-03-11T00:00", "2024-03-25T00:00", "2024-04-01T00:00"));
  EXPECT_THAT(NextOf("0 0 13 * */5", 2), ElementsAre("2024-09-13T00:00", "2024-10-13T00:00"));
}

TEST(Cron, FindsDaysThatAreRare) {
  EXPECT_THAT(NextOf("0 12 29 2 *", 3), ElementsAre("2024-02-29T12:00", "2028-02-29T12:00", "2032-02-29T12:00"));
  EXPECT_EQ(Cron("0 0 29 2 ?").FirstMatch(absl::CivilMinute(2096, 3, 1), absl::CivilMinute::max()),
            absl::CivilMinute(2104, 2, 29));
  // A leap day that is a Sunday, across the year 2100 that is none of leap days.
  EXPECT_EQ(Cron("0 0 29 2 */7").FirstMatch(absl::CivilMinute(2088, 3, 1), absl::CivilMinute::max()),
            absl::CivilMinute(2128, 2, 29));
}

TEST(Cron, RefusesADayThatNoYearHas) {
  for (const char* text : {"0 0 31 2 *", "0 0 30 FEB *", "0 0 31 4,6,9,11 *", "0 0 30-31 2 */2"}) {
    EXPECT_THAT(MistakeOf(text), HasSubstr("never be due")) << text;
    EXPECT_EQ(Marked(text), text);
  }
  // Either day will do.
  EXPECT_TRUE(CronExpression::Parse("0 0 31 2 MON").ok());
  EXPECT_TRUE(CronExpression::Parse("0 0 31 2,3 *").ok());
}

TEST(Cron, SaysWhatIsWrongAndWhere) {
  const std::vector<std::tuple<const char*, const char*, const char*>> kMistakes = {
      {"", "", "found nothing"},
      {"* * * *", "* * * *", "expected five fields (minute, hour, day of the month, month, day of the week), found 4"},
      {"0 * * * * *", "0 * * * * *", "write every: 30s"},
      {"60 * * * *", "60", "minute: expected 0 to 59, found \"60\""},
      {"0 24 * * *", "24", "hour: expected 0 to 23"},
      {"0 0 0 * *", "0", "day of the month: expected 1 to 31"},
      {"0 0 * 13 *", "13", "month: expected 1 to 12 or JAN to DEC"},
      {"0 0 * * 8", "8", "day of the week: expected 0 to 7 or SUN to SAT"},
      {"0 0 * SEPT *", "SEPT", "did you mean \"SEP\"?"},
      {"0 0 * * L", "L", "found \"L\""},
      {"0 0 15W * *", "15W", "found \"15W\""},
      {"5,,6 * * * *", "", "minute: a part of the list is empty"},
      {"5, * * * *", "", "a part of the list is empty"},
      {"9-5 * * * *", "9-5", "ends before it begins"},
      {"0 0 * * FRI-MON", "FRI-MON", "write two ranges"},
      {"*/0 * * * *", "0", "expected a step of 1 to 59"},
      {"*/90 * * * *", "90", "the steps begin anew in each field"},
      {"*/ * * * *", "*/", "expected a step"},
      {"-5 * * * *", "", "found \"\""},
      {"+5 * * * *", "+5", "found \"+5\""},
      {"? * * * *", "?", "found \"?\""},
      {"@dayly", "@dayly", "did you mean \"@daily\"?"},
      {"@every 5m", "@every", "write every: in place of cron:"},
      {"@reboot", "@reboot", "no time"},
      {"@daily 5", "5", "expected nothing behind @daily"},
      {"CRON_TZ=UTC 0 0 * * *", "CRON_TZ=UTC", "write zone: beside it"},
  };
  for (const auto& [text, marked, message] : kMistakes) {
    EXPECT_THAT(MistakeOf(text), HasSubstr(message)) << text;
    EXPECT_TRUE(Marked(text).starts_with(marked)) << text << " marks " << Marked(text);
  }
  EXPECT_THAT(MistakeOf(std::string(300, '*')), HasSubstr("expected at most 256 bytes"));
}

TEST(Cron, CountsWhatItFindsOneByOne) {
  for (const char* text : {"* * * * *", "*/7 3,9 * * *", "0 0 13 * FRI", "15 */5 1-7 * MON", "0 12 29 2 *"}) {
    const CronExpression cron = Cron(text);
    for (const int length : {0, 1, 59, 60, 1439, 1440, 1441, 5000, 50'000}) {
      const absl::CivilMinute end = kThursday + length;
      std::uint64_t found = 0;
      for (auto at = cron.FirstMatch(kThursday, end); at; at = cron.FirstMatch(*at + 1, end)) ++found;
      EXPECT_EQ(cron.CountMatches(kThursday, end), found) << text << " " << length;
    }
  }
}

TEST(Cron, IsOfEveryHourWhateverWayThatIsWritten) {
  EXPECT_TRUE(Cron("*/15 * * * *").names_every_hour());
  EXPECT_TRUE(Cron("0 0-23 * * *").names_every_hour());
  EXPECT_FALSE(Cron("0 */2 * * *").names_every_hour());
  EXPECT_FALSE(Cron("30 2 * * *").names_every_hour());
}

}  // namespace
}  // namespace wsfleet
