#include "core/scenario/indentation.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "fmt/format.h"

namespace wsfleet {
namespace {

// What begins at a column and is not over: keys of a mapping, or items of a list.
struct Block {
  std::size_t column = 0;  // from 0
  std::uint32_t line = 0;
  bool is_list = false;
};

bool IsItem(std::string_view content) { return content == "-" || content.starts_with("- "); }

// `key: |`, `- >-`: what is indented more below it is text.
bool OpensText(std::string_view content) {
  const std::size_t space = content.rfind(' ');
  const std::string_view last = content.substr(space == std::string_view::npos ? 0 : space + 1);
  return !last.empty() && (last[0] == '|' || last[0] == '>') && last.find_first_not_of("|>+-123456789") == last.npos;
}

class Blocks {
 public:
  // A line that is neither empty nor a comment, without its end.
  void Read(std::string_view line, std::uint32_t number) {
    const std::size_t indent = line.find_first_not_of(' ');
    std::string_view content = line.substr(indent);
    if (in_text_ && indent > text_indent_) return;
    in_text_ = OpensText(content);
    text_indent_ = indent;
    if (open_brackets_ == 0) Open(content, indent, number);
    CountBrackets(content);
  }

  bool is_inside_brackets() const { return open_brackets_ > 0; }

  std::string Explain(std::string_view line) const {
    const std::size_t indent = line.find_first_not_of(' ');
    const bool is_item = IsItem(line.substr(indent));
    std::vector<Block> around;  // the nearest on either side first
    for (const Block& block : open_) {
      if (block.column == indent) return is_item == block.is_list ? "" : OfAnotherKind(block);
      around.push_back(block);
    }
    if (around.empty()) return {};
    if (around.back().column < indent) {
      return fmt::format("this line is indented by {}, more than line {}, which is complete; expected {}",
                         Spaces(indent), around.back().line, around.back().column);
    }
    std::ranges::stable_sort(around, {}, [&](const Block& block) {
      return block.column > indent ? block.column - indent : indent - block.column;
    });
    std::string fits;
    for (std::size_t i = 0; i < std::min(around.size(), kMaxNamed); ++i) {
      fits += fmt::format("{}{} as in line {}", i == 0 ? "" : " or ", around[i].column, around[i].line);
    }
    return fmt::format("this line is indented by {}, which fits none of the lines above it; expected {}",
                       Spaces(indent), fits);
  }

 private:
  static constexpr std::size_t kMaxNamed = 2;

  static std::string Spaces(std::size_t count) { return fmt::format("{} {}", count, count == 1 ? "space" : "spaces"); }

  static std::string OfAnotherKind(const Block& block) {
    return block.is_list ? fmt::format(
                               "this line is indented as the items of the list in line {}; expected `- `, or "
                               "more spaces",
                               block.line)
                         : fmt::format(
                               "this item is indented as the keys in line {}; indent it as the list it "
                               "belongs to",
                               block.line);
  }

  void Open(std::string_view content, std::size_t column, std::uint32_t number) {
    while (!open_.empty() && open_.back().column > column) open_.pop_back();
    while (true) {
      const bool is_item = IsItem(content);
      // A list may stand at the column of the key that it is the value of.
      if (open_.empty() || open_.back().column != column) {
        open_.push_back({column, number, is_item});
      } else {
        open_.back().line = number;
      }
      const std::size_t next = is_item ? content.find_first_not_of(' ', 1) : std::string_view::npos;
      if (next == std::string_view::npos) return;
      content.remove_prefix(next);
      column += next;
    }
  }

  void CountBrackets(std::string_view content) {
    char quote = 0;
    for (std::size_t at = 0; at < content.size(); ++at) {
      const char c = content[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '#' && at > 0 && content[at - 1] == ' ') {
        return;
      } else if (c == '[' || c == '{') {
        ++open_brackets_;
      } else if ((c == ']' || c == '}') && open_brackets_ > 0) {
        --open_brackets_;
      }
    }
  }

  std::vector<Block> open_;
  std::size_t open_brackets_ = 0;
  bool in_text_ = false;
  std::size_t text_indent_ = 0;
};

}  // namespace

std::string ExplainIndentation(std::string_view text, std::uint32_t line) {
  Blocks blocks;
  std::size_t at = 0;
  for (std::uint32_t number = 1; at < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view content = text.substr(at, end - at);
    while (content.ends_with('\r') || content.ends_with(' ')) content.remove_suffix(1);
    at = end + 1;
    const std::size_t first = content.find_first_not_of(' ');
    const bool is_empty = first == std::string_view::npos || content[first] == '#';
    if (number == line) return is_empty || blocks.is_inside_brackets() ? "" : blocks.Explain(content);
    if (!is_empty) blocks.Read(content, number);
  }
  return {};
}

}  // namespace wsfleet
