#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

// What `wsfleet login` keeps beside the file of contexts: copies, so that a context is good whatever becomes of the
// files that it was made of.
namespace wsfleet::cli {

struct KeptFiles {
  std::string ca, token;  // absolute
};
KeptFiles KeptFilesOf(const std::string& context_file, std::string_view context);

// Writes one of them for its owner only, and its folder if it is not there.
absl::Status Keep(const std::string& path, std::string_view content);

}  // namespace wsfleet::cli
