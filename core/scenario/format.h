#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/source.h"

namespace wsfleet {

struct FormatResult {
  std::optional<std::string> text;      // in canonical form
  std::vector<Diagnostic> diagnostics;  // if there is no text: why, at its place; empty if the form is not understood
};

// A suite in canonical form: keys in the order of the language's tables (in block mappings), two spaces for each level,
// no blanks at the end of a line, a blank line between scenarios that take more than a line, quotes and {…} as they are
// written. Comments stay with what stands below them; those above the first key stay at the top.
//
// What it gives means the same and holds every sign but blanks; where that cannot be shown, there is no text.
// Formatting it again changes nothing. Refused is what is not YAML or has a key that the language does not know; the
// other rules of the language are `validate`'s.
FormatResult FormatSuite(const std::string& file, std::string_view text);

}  // namespace wsfleet
