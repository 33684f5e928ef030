#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/verdict/result.h"

namespace wsfleet::engine {

// What became of one session; without a failure it passed.
struct SessionOutcome {
  std::optional<Failure> failure;
  bool cancelled = false;
  std::uint32_t assertions = 0;
  ProofOfExecution proof;
  std::map<std::string, bool> credentials;  // that it connected with, and whether they were let in
  std::vector<std::string> warnings;
};

// The session whose lines are looked for in a log.
struct LogWindow {
  std::string trace_id;
  absl::Time start, end;  // the wall clock of this agent
};

}  // namespace wsfleet::engine
