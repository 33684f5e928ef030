#include "core/schedule/cron.h"

#include <algorithm>
#include <array>
#include <bit>

#include "core/base/text.h"
#include "core/schedule/cron_parser.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// From a 29 February to the next of the same day of the week: 28 years, and 40 across one such as 2100.
constexpr int kLongestWaitYears = 40;

constexpr std::array<int, 12> kDaysOfMonth{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

bool Has(std::uint64_t set, int value) { return (set >> value & 1) != 0; }

// The lowest value of the set that is at least `from`; nothing if there is none.
std::optional<int> LowestFrom(std::uint64_t set, int from) {
  const std::uint64_t rest = set >> from << from;
  if (rest == 0) return std::nullopt;
  return std::countr_zero(rest);
}

int WeekdayOf(absl::CivilDay day) {
  // Monday is 0 there.
  return (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;
}

// A month is named in which a day that is named exists.
bool NamesADay(const CronExpression::Fields& fields) {
  if (fields.either_day) return true;
  for (int month = 1; month <= 12; ++month) {
    const auto day = LowestFrom(fields.days, 1);
    if (Has(fields.months, month) && day && *day <= kDaysOfMonth[static_cast<std::size_t>(month) - 1]) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<CronExpression> CronExpression::Parse(std::string_view text, Mistake* mistake) {
  Mistake found;
  const auto fields = ParseCronFields(text, found);
  if (fields && NamesADay(*fields)) return CronExpression(*fields);
  if (fields) found = {0, text.size(), "no month that it names has such a day, so it would never be due"};
  if (mistake != nullptr) *mistake = found;
  return absl::InvalidArgumentError(fmt::format("\"{}\": {}", Printable(Excerpt(text, 80)), found.message));
}

bool CronExpression::names_every_hour() const { return fields_.hours == (std::uint64_t{1} << 24) - 1; }

bool CronExpression::MatchesDay(absl::CivilDay day) const {
  if (!Has(fields_.months, day.month())) return false;
  const bool of_month = Has(fields_.days, day.day());
  const bool of_week = Has(fields_.weekdays, WeekdayOf(day));
  return fields_.either_day ? of_month || of_week : of_month && of_week;
}

bool CronExpression::Matches(absl::CivilMinute minute) const {
  return Has(fields_.minutes, minute.minute()) && Has(fields_.hours, minute.hour()) &&
         MatchesDay(absl::CivilDay(minute));
}

std::optional<absl::CivilMinute> CronExpression::FirstMatch(absl::CivilMinute from, absl::CivilMinute before) const {
  const absl::CivilDay first(from);
  // An expression that names a day names one in this time.
  const absl::CivilDay last =
      std::min(absl::CivilDay(before), absl::CivilDay(absl::CivilYear(from) + kLongestWaitYears + 1));
  for (absl::CivilDay day = first; day <= last;) {
    if (!Has(fields_.months, day.month())) {
      day = absl::CivilDay(absl::CivilMonth(day) + 1);
      continue;
    }
    if (MatchesDay(day)) {
      const absl::CivilMinute start = std::max(from, absl::CivilMinute(day));
      std::optional<int> hour = LowestFrom(fields_.hours, start.hour());
      std::optional<int> minute = LowestFrom(fields_.minutes, hour == start.hour() ? start.minute() : 0);
      if (hour && !minute) {
        hour = LowestFrom(fields_.hours, *hour + 1);
        minute = LowestFrom(fields_.minutes, 0);
      }
      if (hour && minute) {
        const absl::CivilMinute match(day.year(), day.month(), day.day(), *hour, *minute);
        if (match < before) return match;
        return std::nullopt;
      }
    }
    ++day;
  }
  return std::nullopt;
}

std::uint64_t CronExpression::CountMatches(absl::CivilMinute from, absl::CivilMinute before) const {
  const auto hours = static_cast<std::uint64_t>(std::popcount(fields_.hours));
  const std::uint64_t a_day = hours * static_cast<std::uint64_t>(std::popcount(fields_.minutes));
  std::uint64_t count = 0;
  const auto count_singly = [&](absl::CivilMinute begin, absl::CivilMinute end) {
    for (auto match = FirstMatch(begin, end); match; match = FirstMatch(*match + 1, end)) ++count;
  };
  if (from >= before) return 0;
  const absl::CivilDay first_whole(from + (24 * 60 - 1));
  const absl::CivilDay last(before);
  if (first_whole >= last) {
    count_singly(from, before);
    return count;
  }
  count_singly(from, absl::CivilMinute(first_whole));
  for (absl::CivilDay day = first_whole; day < last; ++day) {
    if (MatchesDay(day)) count += a_day;
  }
  count_singly(absl::CivilMinute(last), before);
  return count;
}

}  // namespace wsfleet
