#pragma once

#include <map>
#include <string>

#include "absl/time/time.h"

namespace wsfleet::testing {

// The environment of a program whose wall clock is ahead by this (libfaketime); its monotonic clocks are as they are.
// Throws if the library is not installed.
std::map<std::string, std::string> WallClockAheadBy(absl::Duration by);

}  // namespace wsfleet::testing
