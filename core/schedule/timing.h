#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/ids.h"
#include "core/schedule/zoned_cron.h"

namespace wsfleet {

// When a schedule is due, as it is written and stored: one of `cron` and `every`.
struct Timing {
  static constexpr absl::Duration kMinEvery = absl::Seconds(1);
  static constexpr absl::Duration kMaxEvery = absl::Hours(24 * 366);
  static constexpr absl::Duration kMaxJitter = absl::Hours(24);

  std::string cron;
  std::string zone = "UTC";  // of `cron`; IANA
  absl::Duration every;      // whole milliseconds, counted from 1970-01-01T00:00:00Z; zero: `cron`
  absl::Duration jitter;     // bound of `offset`
  absl::Duration offset;     // how long after its nominal time a run starts

  friend bool operator==(const Timing&, const Timing&) = default;
};

// "*/5 * * * * Europe/Berlin", "every 30s".
std::string TimingText(const Timing& timing);

// The part of the jitter that a schedule of this name has: the same whenever and wherever it is asked for, spread
// evenly over [0, jitter) by the names, in milliseconds.
absl::Duration JitterOffset(const FleetName& fleet, const ScheduleName& schedule, absl::Duration jitter);

// The nominal times of a timing. Those of an interval are its multiples since 1970-01-01T00:00:00Z, so that they are
// the same after a restart and for every replica. Immutable; thread-safe.
class TickRule {
 public:
  // INVALID_ARGUMENT: the expression, the zone, a length.
  static absl::StatusOr<TickRule> Of(const Timing& timing);

  // The first nominal time that is later than `after`.
  absl::Time Next(absl::Time after) const;
  // How many are later than `after`, and not later than `until`.
  std::uint64_t Count(absl::Time after, absl::Time until) const;

 private:
  explicit TickRule(std::variant<ZonedCron, absl::Duration> rule) : rule_(rule) {}

  std::variant<ZonedCron, absl::Duration> rule_;
};

}  // namespace wsfleet
