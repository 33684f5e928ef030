#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/source.h"
#include "core/scenario/suite.h"

namespace wsfleet {

inline constexpr std::size_t kMaxFileBytes = 1 << 20;    // one suite
inline constexpr std::size_t kMaxBundleBytes = 8 << 20;  // all files of a bundle together
inline constexpr std::size_t kMaxDiagnostics = 20;

// What a user gave to `run`: the files, and which of them are suites, in order.
struct Bundle {
  SourceFiles files;
  std::vector<std::string> suites;  // paths in `files`
};

struct ParseResult {
  std::vector<Suite> suites;            // empty if there is an error
  std::vector<Diagnostic> diagnostics;  // at most kMaxDiagnostics errors, and warnings, in the order of the text
  bool ok() const;
};

// Parses and checks every suite of the bundle. Pure: reads nothing but `bundle`. Never throws.
ParseResult ParseBundle(const Bundle& bundle);

}  // namespace wsfleet
