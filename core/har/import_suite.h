#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace wsfleet {

struct ImportedSuite {
  std::string text;                // a suite that ParseBundle accepts, in the form of FormatSuite
  std::vector<std::string> notes;  // what was left out, a line each; they stand in the text too
};

// The WebSocket connections of a browser's HTTP archive as a suite, a scenario each: what was sent is sent, and of what
// was received is waited for what kind of message it was, in the order of the recording. Tokens, cookies and
// credentials become ${secret.X} with a `requires`; headers that a browser adds on its own are left out, and so is
// what goes beyond the limits of a suite. Pauses of the person at the browser are not replayed.
//
// INVALID_ARGUMENT: as ReadHar; also if no connection of the archive can be replayed.
absl::StatusOr<ImportedSuite> ImportHar(std::string_view file, std::string_view har);

}  // namespace wsfleet
