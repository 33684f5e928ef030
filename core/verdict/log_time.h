#pragma once

#include <optional>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace wsfleet {

// When somebody else's program says that it wrote a line of its log.
struct LogTime {
  absl::CivilSecond time;
  std::optional<absl::Duration> offset;  // from UTC; programs leave it out
  bool has_year = true;                  // syslog does
};

// The time stamp that a line begins with, behind its level or within its member "time", if it has one: RFC 3339 and
// what is like it, that of access logs, that of syslog. A time that a message speaks of is none.
std::optional<LogTime> TimeOfLogLine(std::string_view line);

// Whether it may be of this time. Without an offset it is, if it is in any zone; clocks may differ by kLogClockMargin.
bool MayBeWithin(const LogTime& stamp, absl::Time start, absl::Time end);
inline constexpr absl::Duration kLogClockMargin = absl::Seconds(5);

}  // namespace wsfleet
