#include "cli/terminal/line_diff.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::string RenderLineDiff(std::string_view before, std::string_view after) {
  const std::vector<std::string_view> old_lines = LinesOf(before), new_lines = LinesOf(after);
  // How many lines the rests have in common at most, from each pair of places on.
  std::vector<std::vector<std::size_t>> common(old_lines.size() + 1, std::vector<std::size_t>(new_lines.size() + 1));
  for (std::size_t i = old_lines.size(); i-- > 0;) {
    for (std::size_t j = new_lines.size(); j-- > 0;) {
      common[i][j] =
          old_lines[i] == new_lines[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::string out;
  for (std::size_t i = 0, j = 0; i < old_lines.size() || j < new_lines.size();) {
    const bool has_old = i < old_lines.size(), has_new = j < new_lines.size();
    if (has_old && has_new && old_lines[i] == new_lines[j]) {
      out += fmt::format("  {}\n", Printable(old_lines[i++]));
      ++j;
    } else if (has_old && (!has_new || common[i + 1][j] >= common[i][j + 1])) {
      out += fmt::format("- {}\n", Printable(old_lines[i++]));
    } else {
      out += fmt::format("+ {}\n", Printable(new_lines[j++]));
    }
  }
  return out;
}

}  // namespace wsfleet::cli
