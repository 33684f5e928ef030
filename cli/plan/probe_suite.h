#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/plan/bundle_files.h"

namespace wsfleet::cli {

// The suite of `wsfleet probe`, which nobody wrote.
struct ProbeSuite {
  BundleOnDisk files;
  std::map<std::string, std::string> secrets;  // what the URL's parameters hold that are credentials by their name
};

// INVALID_ARGUMENT: no URL of a WebSocket, or one with user information; without what may be a credential of it.
absl::StatusOr<ProbeSuite> MakeProbeSuite(std::string_view url);

}  // namespace wsfleet::cli
