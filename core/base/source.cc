#include "core/base/source.h"

#include <algorithm>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxShownBytes = 100;

std::string_view LineOf(std::string_view text, std::uint32_t line) {
  for (std::uint32_t number = 1; number < line; ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// With tabs to be seen, each in one column.
std::string ShownLine(std::string_view line) {
  std::string out;
  for (const char c : line) c == '\t' ? out.append("→") : out.append(1, c);
  return Printable(out);
}

}  // namespace

std::string ToString(const SourceRange& range) {
  if (!range.known()) return range.file;
  return fmt::format("{}:{}:{}", range.file, range.line, range.column);
}

std::string RenderDiagnostic(const Diagnostic& diagnostic, const SourceFiles& files) {
  const bool warning = diagnostic.severity == Diagnostic::Severity::kWarning;
  const SourceRange& range = diagnostic.range;
  std::string out = range.file.empty() ? std::string() : fmt::format("{}: ", Printable(ToString(range)));
  out += fmt::format("{}{}\n", warning ? "warning: " : "", Printable(diagnostic.message));
  const auto file = files.find(range.file);
  if (!range.known() || file == files.end()) return out;

  std::string_view line = LineOf(file->second, range.line);
  std::size_t column = std::min<std::size_t>(range.column == 0 ? 0 : range.column - 1, line.size());
  // A long line is shown around the mark.
  std::size_t cut = column > kMaxShownBytes * 2 / 3 ? column - kMaxShownBytes / 2 : 0;
  while (cut > 0 && cut < line.size() && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80) --cut;
  line.remove_prefix(cut);
  column -= cut;
  const std::string shown = (cut > 0 ? "…" : "") + Excerpt(ShownLine(line), kMaxShownBytes);
  const std::size_t indent = CountCharacters(ShownLine(line.substr(0, column))) + (cut > 0 ? 1 : 0);
  const std::size_t room =
      std::max<std::size_t>(1, std::min(line.size(), kMaxShownBytes) - std::min(column, line.size()));
  const std::size_t carets = std::clamp<std::size_t>(range.length, 1, room);
  const std::string number = std::to_string(range.line);
  const std::string gutter(number.size(), ' ');
  out += fmt::format(" {} |\n {} | {}\n {} | {}{}\n", gutter, number, shown, gutter, std::string(indent, ' '),
                     std::string(carets, '^'));
  return out;
}

}  // namespace wsfleet
