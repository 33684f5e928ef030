#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace wsfleet::coordinator {

struct RetentionSettings {
  absl::Duration keep = absl::Hours(24 * 90);  // runs that have ended; may be infinite
  std::uint32_t keep_runs = 100'000;           // of these, at most so many of a fleet
  // The clock of a machine that has just started may be ahead until somebody sets it.
  absl::Duration first_after = absl::Minutes(10);  // or a tenth of `keep`
};

}  // namespace wsfleet::coordinator
