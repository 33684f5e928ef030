#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/scenario/parser.h"

namespace wsfleet::cli {

// A bundle, and what its author calls its files.
struct BundleOnDisk {
  Bundle bundle;
  std::map<std::string, std::string> shown;  // path in the bundle → path from where the command was given
  std::vector<std::string> warnings;         // suites of a folder that do not run, a sentence for each reason
};

// The same place with the path that its author knows; unchanged if it is not one of these.
SourceRange Shown(const SourceRange& range, const std::map<std::string, std::string>& shown);

// The bundle of what was given to `run`: suites, or folders with suite.wsfleet.yaml or, without one, each
// *.wsfleet.yaml as a suite of its own in byte order. Files that a suite names (send.file, tls.ca, …) travel along if
// they lie below the folder that was given, or the folder of the suite that was given. Paths in the bundle begin at
// that folder; if there are several, with its name.
//
// Nothing is read beyond the limits of core/scenario/parser.h. NOT_FOUND, INVALID_ARGUMENT: with the path, and with a
// position in the suite where there is one.
absl::StatusOr<BundleOnDisk> ReadBundle(const std::vector<std::string>& paths);

}  // namespace wsfleet::cli
