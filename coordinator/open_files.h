#pragma once

#include <cstdint>

namespace wsfleet::coordinator {

// Each agent and each client takes a file. Raises what this process may have open as far as it is allowed to without a
// privilege (RLIMIT_NOFILE: from the soft to the hard limit), and returns what it is then.
std::uint64_t RaiseOpenFiles();

}  // namespace wsfleet::coordinator
