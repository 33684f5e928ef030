#include "core/verdict/log_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "core/base/text.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxBytes = 400;  // where a line has its stamp, if it has one
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Zones are whole quarters of an hour from UTC, from -12:00 to +14:00.
constexpr absl::Duration kZoneStep = absl::Minutes(15);
constexpr absl::Duration kFirstZone = -absl::Hours(12), kLastZone = absl::Hours(14);

// What may stand before a stamp: marks, the priority of syslog, a level, the name of a member.
constexpr char kBefore[] =
    R"((?:^[\s\[("'{]*(?:<\d+>\d?\s*)?(?:(?:[A-Za-z]{1,10}\]?:?\s+)?[\[("']*)?)"
    R"(|["'{\s,](?:time|ts|timestamp|@timestamp|datetime|date|asctime)["']?\s*[=:]\s*["']?|^(?:time|ts)=["']?))";
constexpr char kIso[] =
    R"((\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,]\d+)?\s?(Z|UTC|[+-]\d{2}:?\d{2})?)";
constexpr char kSyslog[] = R"(([A-Z][a-z]{2})\s{1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}))";
constexpr char kAccess[] = R"(\[(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})\])";

std::optional<absl::Duration> OffsetOf(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.front() != '+' && text.front() != '-') return absl::ZeroDuration();
  int hours = 0, minutes = 0;
  std::from_chars(text.data() + 1, text.data() + 3, hours);
  std::from_chars(text.data() + text.size() - 2, text.data() + text.size(), minutes);
  const absl::Duration offset = absl::Hours(hours) + absl::Minutes(minutes);
  return text.front() == '-' ? -offset : offset;
}

int MonthOf(std::string_view name) { return static_cast<int>(std::ranges::find(kMonths, name) - kMonths.begin()) + 1; }

// Nothing is carried over: a 30th of February is no time.
std::optional<LogTime> TimeOf(const std::array<int, 6>& field, std::string_view offset, bool has_year) {
  const absl::CivilSecond time(field[0], field[1], field[2], field[3], field[4], field[5]);
  const bool same = time.month() == field[1] && time.day() == field[2] && time.hour() == field[3] &&
                    time.minute() == field[4] && time.second() == field[5];
  if (!same) return std::nullopt;
  return LogTime{time, OffsetOf(offset), has_year};
}

absl::Time At(const absl::CivilSecond& time, absl::Duration offset) {
  return absl::FromCivil(time, absl::UTCTimeZone()) - offset;
}

bool IsWithin(const LogTime& stamp, absl::Time start, absl::Time end) {
  const auto within = [&](absl::Duration offset) {
    const absl::Time at = At(stamp.time, offset);
    return at >= start - kLogClockMargin && at <= end + kLogClockMargin;
  };
  if (stamp.offset) return within(*stamp.offset);
  for (absl::Duration zone = kFirstZone; zone <= kLastZone; zone += kZoneStep) {
    if (within(zone)) return true;
  }
  return false;
}

}  // namespace

std::optional<LogTime> TimeOfLogLine(std::string_view line) {
  static const re2::RE2 kIsoStamp(std::string(kBefore) + kIso), kSyslogStamp(std::string(kBefore) + kSyslog);
  static const re2::RE2 kAccessStamp(kAccess);
  const re2::StringPiece text(line.data(), std::min(line.size(), kMaxBytes));
  std::array<int, 6> field{};  // year, month, day, hour, minute, second
  auto& [year, month, day, hour, minute, second] = field;
  std::string name, offset;
  if (re2::RE2::PartialMatch(text, kIsoStamp, &year, &month, &day, &hour, &minute, &second, &offset)) {
    return TimeOf(field, offset, true);
  }
  if (re2::RE2::PartialMatch(text, kAccessStamp, &day, &name, &year, &hour, &minute, &second, &offset)) {
    month = MonthOf(name);
    return TimeOf(field, offset, true);
  }
  if (re2::RE2::PartialMatch(text, kSyslogStamp, &name, &day, &hour, &minute, &second)) {
    year = 2000;  // a leap year
    month = MonthOf(name);
    return TimeOf(field, "", false);
  }
  return std::nullopt;
}

bool MayBeWithin(const LogTime& stamp, absl::Time start, absl::Time end) {
  if (stamp.has_year) return IsWithin(stamp, start, end);
  const auto year = absl::ToCivilYear(start, absl::UTCTimeZone()).year();
  return std::ranges::any_of(std::array{year - 1, year, year + 1}, [&](absl::civil_year_t any) {
    LogTime dated = stamp;
    const absl::CivilSecond& time = stamp.time;
    dated.time = absl::CivilSecond(any, time.month(), time.day(), time.hour(), time.minute(), time.second());
    return IsWithin(dated, start, end);
  });
}

}  // namespace wsfleet
