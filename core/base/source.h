#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wsfleet {

// A place in a text that a user wrote. Lines and columns count from 1; columns count bytes, so that editors and carets
// agree on ASCII and on everything left of the mark.
struct SourceRange {
  std::string file;        // path inside the bundle
  std::uint32_t line = 0;  // 0: no position (a flag, a default)
  std::uint32_t column = 0;
  std::uint32_t length = 1;  // bytes to underline on that line, at least 1

  bool known() const { return line != 0; }
  friend auto operator<=>(const SourceRange&, const SourceRange&) = default;
};

// "file:line:column", or the file alone where the position is not known.
std::string ToString(const SourceRange& range);

// The files of a bundle by path relative to its root, as their author wrote them.
using SourceFiles = std::map<std::string, std::string, std::less<>>;

struct Diagnostic {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  SourceRange range;
  std::string message;  // one line: what was expected, what was found, what to do

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

// "file:line:column: message", the source line and a caret under it, as ux.md shows. Long lines are cut
// around the mark. Fit for a terminal (Printable), whatever the author or the file's name say.
std::string RenderDiagnostic(const Diagnostic& diagnostic, const SourceFiles& files);

}  // namespace wsfleet
