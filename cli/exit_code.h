#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace wsfleet::cli {

// How `wsfleet` ends. Once a run is under way, 1 beats 99 beats 5 beats 3.
enum ProcessExit : int {
  kPassedCode = 0,
  kFailedCode = 1,
  kUsageCode = 2,
  kInconclusiveCode = 3,
  kDeniedCode = 4,
  kRegressionCode = 5,
  kThresholdCode = 99,
  kTimedOutCode = 124,
  kInterruptedCode = 130,
  kBrokenPipeCode = 141,
};

struct ExitMeaning {
  ProcessExit code;
  std::string_view meaning;
};

// Every code with its meaning, for the reference.
std::span<const ExitMeaning> ExitMeanings();

// The code of a command that ended with this error: what the caller did wrong is 2, what it may not do is 4, what the
// fleet could not do is 3.
ProcessExit ExitCodeOf(const absl::Status& status);

}  // namespace wsfleet::cli
