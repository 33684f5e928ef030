#include "cli/exit_code.h"

#include <array>

namespace wsfleet::cli {

std::span<const ExitMeaning> ExitMeanings() {
  static constexpr std::array<ExitMeaning, 10> kMeanings{{
      {kPassedCode, "passed"},
      {kFailedCode, "a test failed"},
      {kUsageCode, "usage, invalid scenario, nothing selected"},
      {kInconclusiveCode,
       "inconclusive: agents, quorum, coordinator, generator; or what was to be written, to stdout or a report, "
       "did not arrive whole"},
      {kDeniedCode, "authentication or permission"},
      {kRegressionCode, "regression against the baseline (not in this version)"},
      {kThresholdCode, "a threshold was crossed (not in this version)"},
      {kTimedOutCode, "time-out"},
      {kInterruptedCode, "interrupted"},
      {kBrokenPipeCode, "the reader of stdout had closed it, and nothing else was wrong"},
  }};
  return kMeanings;
}

ProcessExit ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kPassedCode;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return kUsageCode;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kDeniedCode;
    default:
      return kInconclusiveCode;
  }
}

}  // namespace wsfleet::cli
