#pragma once

#include <compare>

#include "absl/time/time.h"

namespace wsfleet {

// A reading of a monotonic clock: comparable with readings of the same process only. Unit: absl::Duration.
struct SteadyTime {
  absl::Duration since_start;

  friend bool operator==(SteadyTime a, SteadyTime b) { return a.since_start == b.since_start; }
  // Debian's absl::Duration has no operator<=> to build on.
  friend std::strong_ordering operator<=>(SteadyTime a, SteadyTime b) {
    if (a.since_start < b.since_start) return std::strong_ordering::less;
    return a == b ? std::strong_ordering::equal : std::strong_ordering::greater;
  }
  friend SteadyTime operator+(SteadyTime time, absl::Duration by) { return {time.since_start + by}; }
  friend SteadyTime operator-(SteadyTime time, absl::Duration by) { return {time.since_start - by}; }
  friend absl::Duration operator-(SteadyTime later, SteadyTime earlier) {
    return later.since_start - earlier.since_start;
  }
  static SteadyTime Infinite() { return {absl::InfiniteDuration()}; }
};

// What pure code is told of the time. Deadlines count in `steady`; `wall` is for people and for records.
struct Now {
  SteadyTime steady;
  absl::Time wall;
};

}  // namespace wsfleet
