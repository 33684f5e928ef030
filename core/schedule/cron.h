#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace wsfleet {

// Which minutes of a calendar a cron expression names, whatever the zone (zoned_cron.h). Immutable; thread-safe.
//
// Five fields with spaces between them: minute (0-59), hour (0-23), day of the month (1-31), month (1-12 or JAN-DEC),
// day of the week (0-7 or SUN-SAT; 0 and 7 are Sunday). A field is a list, with commas, of `*`, N, N-M, and any of them
// with /STEP; N/STEP goes from N to the field's end. `?` stands for `*` in the fields of days. Letters are of either
// case. Or one of @hourly, @daily (@midnight), @weekly, @monthly, @yearly (@annually).
//
// Days, as in Vixie's cron (crontab(5)): where neither field of days begins with `*`, a day is named if either names
// it; otherwise both must. `0 0 13 * FRI` is each 13th and each Friday; `0 0 */2 * MON` the Mondays with an odd date.
class CronExpression {
 public:
  static constexpr std::size_t kMaxBytes = 256;

  struct Mistake {
    std::size_t offset = 0;  // byte in the expression
    std::size_t length = 1;
    std::string message;  // what was expected, what was found
  };
  // INVALID_ARGUMENT, and `mistake` filled if it is not null: a text that is none, or that names no day of any year
  // (31 February).
  static absl::StatusOr<CronExpression> Parse(std::string_view text, Mistake* mistake = nullptr);

  bool Matches(absl::CivilMinute minute) const;
  // The first of [from, before) that matches.
  std::optional<absl::CivilMinute> FirstMatch(absl::CivilMinute from, absl::CivilMinute before) const;
  // How many of [from, before) match. Takes time by the number of days.
  std::uint64_t CountMatches(absl::CivilMinute from, absl::CivilMinute before) const;

  // It is about time that passes, not about a time of the day.
  bool names_every_hour() const;

  // Values as bits: bit 5 of `hours` is 05:00.
  struct Fields {
    std::uint64_t minutes = 0;
    std::uint64_t hours = 0;
    std::uint64_t days = 0;  // of the month
    std::uint64_t months = 0;
    std::uint64_t weekdays = 0;  // Sunday is 0
    bool either_day = false;     // a day that one of both fields names will do

    friend bool operator==(const Fields&, const Fields&) = default;
  };
  const Fields& fields() const { return fields_; }

 private:
  explicit CronExpression(const Fields& fields) : fields_(fields) {}

  bool MatchesDay(absl::CivilDay day) const;

  Fields fields_;
};

}  // namespace wsfleet
