#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/verdict/result.h"

namespace wsfleet::engine {

// What became of one session; without a failure it passed.
struct SessionOutcome {
  std::optional<Failure> failure;
  bool cancelled = false;  // before it had an end of its own
  std::uint32_t assertions = 0;
  ProofOfExecution proof;
  // Those that it connected with, by name and endpoint, and whether they were let in.
  std::map<std::pair<std::string, std::string>, bool> credentials;
  std::vector<std::string> warnings;

  // Each is said once; at most 16, as many as the wire takes.
  static constexpr std::size_t kMaxWarnings = 16;
  static void AddWarning(std::vector<std::string>& warnings, const std::string& warning) {
    if (warnings.size() == kMaxWarnings || warning.empty()) return;
    if (std::ranges::find(warnings, warning) == warnings.end()) warnings.push_back(warning);
  }
};

// A lack of memory, or what nobody has thought of: no fault of the target, and others go on.
inline Failure Unforeseen(const std::exception& error) {
  Failure failure;
  failure.failure_class = FailureClass::kAgent;
  failure.message = std::string("the agent could not go on: ") + error.what();
  return failure;
}

// The session whose lines are looked for in a log.
struct LogWindow {
  std::string trace_id;
  absl::Time start, end;  // the wall clock of this agent
};

}  // namespace wsfleet::engine
