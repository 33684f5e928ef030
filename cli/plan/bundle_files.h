#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/scenario/parser.h"

namespace wsfleet::cli {

// The bundle of what was given to `run`: suites, or folders with suite.wsfleet.yaml or, without one, each
// *.wsfleet.yaml as a suite of its own in byte order. Files that a suite names (send.file, tls.ca, …) travel along if
// they lie below the folder that was given, or the folder of the suite that was given. Paths in the bundle begin at
// that folder; if there are several, with its name.
//
// Nothing is read beyond the limits of core/scenario/parser.h. NOT_FOUND, INVALID_ARGUMENT: with the path, and with a
// position in the suite where there is one.
absl::StatusOr<Bundle> ReadBundle(const std::vector<std::string>& paths);

}  // namespace wsfleet::cli
