#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/scenario/parser.h"

namespace wsfleet::cli {

// The bundle of what was given to `run`: a suite, or a folder with suite.wsfleet.yaml or, without one, each
// *.wsfleet.yaml as a suite of its own in byte order. Other files below the folder of a suite travel along if a suite
// names them. Files over the limits are cut at the limit, so that the parser refuses them with its own message.
// NOT_FOUND, INVALID_ARGUMENT: with the path and what to do.
absl::StatusOr<Bundle> ReadBundle(const std::vector<std::string>& paths);

}  // namespace wsfleet::cli
