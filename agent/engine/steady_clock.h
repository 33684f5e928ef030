#pragma once

#include <chrono>

#include "core/base/now.h"

namespace wsfleet::engine {

// The clock that Asio's steady timers run on. Thread-safe.
inline SteadyTime SteadyNow() {
  return SteadyTime{absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch())};
}

inline std::chrono::steady_clock::time_point ToChrono(SteadyTime time) {
  return std::chrono::steady_clock::time_point(absl::ToChronoNanoseconds(time.since_start));
}

}  // namespace wsfleet::engine
