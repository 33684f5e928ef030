#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "core/schedule/cron.h"

namespace wsfleet {

// The points in time that a cron expression means in a zone. Immutable; thread-safe.
//
// Where the zone's clock is changed, the rule is that of Vixie's cron, put so that each nominal time comes once:
// - An expression that names a time of the day (its hour field is not every hour) is due once for each time that it
//   names. A time that the clock passes over is due when the clock goes on, once for all that it passes over: `30 2 *
//   * *` at 03:00 of the day on which 02:00 to 03:00 does not exist. A time that the clock repeats is due the first
//   time that it comes.
// - An expression of every hour (`*/15 * * * *`) is about time that passes: it is due whenever the clock shows what it
//   names. Nothing is passed over, since no time passes meanwhile, and the hour that comes twice has its own times.
class ZonedCron {
 public:
  ZonedCron(const CronExpression& expression, const absl::TimeZone& zone) : expression_(expression), zone_(zone) {}

  // The first that is later than `after`. InfiniteFuture from the year 9999 on.
  absl::Time Next(absl::Time after) const;
  // How many are later than `after`, and not later than `until`.
  std::uint64_t Count(absl::Time after, absl::Time until) const;

 private:
  // A time in which the clock runs evenly.
  struct Stretch;
  Stretch StretchOf(absl::Time time) const;
  absl::CivilMinute FirstMinute(const Stretch& stretch) const;
  bool IsDueAtBegin(const Stretch& stretch) const;

  CronExpression expression_;
  absl::TimeZone zone_;
};

}  // namespace wsfleet
