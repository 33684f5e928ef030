#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/interrupt.h"

namespace wsfleet::cli {

// A token from stdin: everything until its end, or, of a terminal, a line that is not shown. Spaces and ends of lines
// around it are left out. INVALID_ARGUMENT: nothing, or too much.
absl::StatusOr<std::string> ReadTokenFromStdin(Interrupt& interrupt);

}  // namespace wsfleet::cli
