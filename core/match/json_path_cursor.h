#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "boost/json/value.hpp"
#include "core/match/json_path.h"

namespace wsfleet {

// Walks over the text of a path and reads its tokens. The first error stays; whoever gets false or nothing returns it
// upwards.
class PathCursor {
 public:
  explicit PathCursor(std::string_view text) : text_(text) {}

  std::size_t offset() const { return offset_; }
  bool at_end() const { return offset_ >= text_.size(); }
  // The byte at the cursor, 0 at the end.
  char peek() const { return at_end() ? '\0' : text_[offset_]; }
  bool LooksAt(std::string_view token) const { return text_.substr(offset_).starts_with(token); }
  // Steps over `token` if it stands here.
  bool Take(std::string_view token);
  // Steps over blanks, as the grammar's S allows.
  void SkipBlanks();

  // A quoted string, its escapes resolved. The cursor stands at the quote.
  std::optional<std::string> ReadQuoted();
  // member-name-shorthand (RFC 9535, 2.5.1.1).
  std::optional<std::string> ReadName();
  // An integer that I-JSON can exchange: at most 2^53 - 1 in magnitude, no leading zero, no -0.
  std::optional<std::int64_t> ReadInteger();
  // A number literal of a filter, with fraction and exponent.
  std::optional<boost::json::value> ReadNumber();
  // Lower-case letters, digits and underscores from the cursor on, without stepping over them.
  std::string_view PeekWord() const;

  // Records the error, unless there is one already; always false.
  bool Fail(std::size_t offset, std::string message);
  // "expected X, found Y" at the cursor.
  bool Expected(std::string_view what);
  const std::optional<JsonPath::ParseError>& error() const { return error_; }

 private:
  bool ReadEscape(char quote, std::string& out);
  std::optional<std::uint32_t> ReadHex4();
  std::size_t DigitsFrom(std::size_t at) const;

  std::string_view text_;
  std::size_t offset_ = 0;
  std::optional<JsonPath::ParseError> error_;
};

}  // namespace wsfleet
