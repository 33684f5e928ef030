#pragma once

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace wsfleet::sim {

// Every random choice of a run, from its seed. Not std's distributions: their results differ between libraries, and a
// seed must mean the same everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // Both ends included.
  std::uint64_t Between(std::uint64_t low, std::uint64_t high) { return low + engine_() % (high - low + 1); }
  bool Chance(std::uint64_t percent) { return Between(1, 100) <= percent; }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    const auto span = static_cast<std::uint64_t>(absl::ToInt64Milliseconds(high - low));
    return low + absl::Milliseconds(static_cast<std::int64_t>(Between(0, span)));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace wsfleet::sim
