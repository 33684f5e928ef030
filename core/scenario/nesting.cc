#include "core/scenario/nesting.h"

#include <algorithm>

#include "core/scenario/line_scanner.h"

namespace wsfleet {
namespace {

// The marks of a list, of a key, and of a value behind it ("? a", ": b").
bool IsMark(std::string_view line, std::size_t at) {
  return at < line.size() && std::string_view("-?:").find(line[at]) != std::string_view::npos &&
         (at + 1 == line.size() || IsBlank(line[at + 1]));
}

class NestingScanner {
 public:
  explicit NestingScanner(std::size_t limit) : value_(limit) {}

  // Where in the line it is too deep.
  std::optional<std::size_t> Take(std::string_view line) {
    const std::size_t indent = SkipBlanks(line, 0);
    if (in_block_scalar_) {
      if (indent == line.size() || static_cast<std::ptrdiff_t>(indent) > parent_) return std::nullopt;
      in_block_scalar_ = false;
    }
    value_.open() ? value_.Scan(line, 0) : Begin(line, indent);
    return value_.too_deep();
  }

 private:
  void Begin(std::string_view line, std::size_t at) {
    parent_ = -1;
    if (line.starts_with("---")) at = SkipBlanks(line, 3);
    while (IsMark(line, at)) {
      parent_ = static_cast<std::ptrdiff_t>(at);
      at = SkipBlanks(line, at + 1);
    }
    if (const std::size_t colon = FindKeyEnd(line, at); colon != std::string_view::npos) {
      parent_ = static_cast<std::ptrdiff_t>(at);
      at = SkipBlanks(line, colon + 1);
    }
    const std::size_t value = SkipProperties(line, at);
    in_block_scalar_ = value < line.size() && (line[value] == '|' || line[value] == '>');
    if (!in_block_scalar_) value_.Scan(line, at);
  }

  ValueScanner value_;
  std::ptrdiff_t parent_ = -1;  // the column of the collection that a value belongs to
  bool in_block_scalar_ = false;
};

}  // namespace

std::optional<std::size_t> FindTooDeep(std::string_view text, std::size_t limit) {
  NestingScanner scanner(limit);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  for (std::size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (const auto at = scanner.Take(text.substr(begin, end - begin))) return begin + *at;
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace wsfleet
