#pragma once

namespace wsfleet::cli {

// docs/reference/exit-codes.md. Once running, failed beats inconclusive.
enum ProcessExit : int {
  kPassedCode = 0,
  kFailedCode = 1,
  kUsageCode = 2,
  kInconclusiveCode = 3,
  kDeniedCode = 4,
  kTimedOutCode = 124,
  kInterruptedCode = 130,
};

}  // namespace wsfleet::cli
