#pragma once

#include <string>

namespace wsfleet::coordinator {

// `wsfleet-coordinator ca show|add|issue|drop|replace`: the steps of a rotation, on the files of a coordinator that may
// run meanwhile. `step`: one of these words. Prints what is so afterwards; returns the exit code.
int RunAuthorityCommand(const std::string& step, const std::string& state_directory);

}  // namespace wsfleet::coordinator
