#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace wsfleet {

// Follows a value over lines: whether it is complete, or goes on inside of quotes or brackets.
class ValueScanner {
 public:
  // `limit`: how deep brackets may be, for too_deep().
  explicit ValueScanner(std::size_t limit = static_cast<std::size_t>(-1)) : limit_(limit) {}

  // Takes a line from `at` on. Call once for each line while open().
  void Scan(std::string_view line, std::size_t at);

  bool open() const { return quote_ != '\0' || depth_ > 0; }
  bool in_quotes() const { return quote_ != '\0'; }
  // Where the value's first quote or bracket was closed, or where a comment or the line's end came before; of the line
  // that was scanned last.
  std::size_t end() const { return end_; }
  // Where its brackets became deeper than that, in the line that was scanned then.
  std::optional<std::size_t> too_deep() const { return too_deep_; }

 private:
  void TakeFlow(std::string_view line, std::size_t& at);

  char quote_ = '\0';
  std::size_t limit_;
  std::size_t depth_ = 0;
  std::optional<std::size_t> too_deep_;
  bool at_start_ = true;  // inside of brackets: a token may begin here
  std::size_t end_ = 0;
};

bool IsBlank(char c);
// Behind the blanks.
std::size_t SkipBlanks(std::string_view line, std::size_t at);
// Behind anchors and tags, and the blanks after them.
std::size_t SkipProperties(std::string_view line, std::size_t at);
// The ':' behind a plain or quoted key that begins at `at`; npos if none does.
std::size_t FindKeyEnd(std::string_view line, std::size_t at);
// Where a comment begins at or behind `at`; the line's size if none does. Quotes are not looked at.
std::size_t FindComment(std::string_view line, std::size_t at);

}  // namespace wsfleet
