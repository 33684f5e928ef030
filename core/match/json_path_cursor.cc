#include "core/match/json_path_cursor.h"

#include <charconv>

#include "core/base/text.h"
#include "core/value/json_numbers.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::int64_t kMaxExactInteger = (std::int64_t{1} << 53) - 1;

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

void AppendUtf8(std::uint32_t point, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

// The character of a one-letter escape, 0 if there is none of that letter.
char SimpleEscape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '/':
    case '\\':
      return letter;
    default:
      return '\0';
  }
}

}  // namespace

bool PathCursor::Take(std::string_view token) {
  if (!LooksAt(token)) return false;
  offset_ += token.size();
  return true;
}

void PathCursor::SkipBlanks() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++offset_;
}

bool PathCursor::Fail(std::size_t offset, std::string message) {
  if (!error_) error_ = JsonPath::ParseError{offset, std::move(message)};
  return false;
}

bool PathCursor::Expected(std::string_view what) {
  if (at_end()) return Fail(offset_, fmt::format("expected {}, found the end of the path", what));
  // A whole character, not half of one.
  std::size_t length = 1;
  while (offset_ + length < text_.size() && (static_cast<unsigned char>(text_[offset_ + length]) & 0xC0) == 0x80) {
    ++length;
  }
  return Fail(offset_, fmt::format("expected {}, found \"{}\"", what, text_.substr(offset_, length)));
}

std::optional<std::string> PathCursor::ReadQuoted() {
  const std::size_t begin = offset_;
  const char quote = peek();
  ++offset_;
  std::string out;
  while (!at_end()) {
    const char c = peek();
    if (c == quote) {
      ++offset_;
      return out;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      Fail(offset_, "a control character in a string must be escaped");
      return std::nullopt;
    }
    if (c == '\\') {
      if (!ReadEscape(quote, out)) return std::nullopt;
      continue;
    }
    out += c;
    ++offset_;
  }
  Fail(begin, "the string is not closed");
  return std::nullopt;
}

bool PathCursor::ReadEscape(char quote, std::string& out) {
  const std::size_t begin = offset_;
  ++offset_;  // the backslash
  const char letter = peek();
  if (letter == quote || SimpleEscape(letter) != '\0') {
    out += letter == quote ? quote : SimpleEscape(letter);
    ++offset_;
    return true;
  }
  if (letter != 'u') return Fail(begin, "unknown escape in a string");
  ++offset_;
  const std::optional<std::uint32_t> first = ReadHex4();
  if (!first) return Fail(begin, "expected four hexadecimal digits after \\u");
  std::uint32_t point = *first;
  if (point >= 0xDC00 && point < 0xE000) return Fail(begin, "a low surrogate without a high one before it");
  if (point >= 0xD800 && point < 0xDC00) {
    const std::optional<std::uint32_t> second = Take("\\u") ? ReadHex4() : std::nullopt;
    if (!second || *second < 0xDC00 || *second >= 0xE000) {
      return Fail(begin, "a high surrogate without a low one after it");
    }
    point = 0x10000 + ((point - 0xD800) << 10) + (*second - 0xDC00);
  }
  AppendUtf8(point, out);
  return true;
}

std::optional<std::uint32_t> PathCursor::ReadHex4() {
  const std::string_view digits = text_.substr(offset_, 4);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) return std::nullopt;
  offset_ += 4;
  return value;
}

std::optional<std::string> PathCursor::ReadName() {
  if (at_end() || !IsNameStart(peek())) {
    Expected("a member name or *");
    return std::nullopt;
  }
  const std::size_t begin = offset_;
  while (!at_end() && (IsNameStart(peek()) || IsDigit(peek()))) ++offset_;
  return std::string(text_.substr(begin, offset_ - begin));
}

std::size_t PathCursor::DigitsFrom(std::size_t at) const {
  std::size_t end = at;
  while (end < text_.size() && IsDigit(text_[end])) ++end;
  return end - at;
}

std::optional<std::int64_t> PathCursor::ReadInteger() {
  const std::size_t begin = offset_;
  const bool negative = peek() == '-';
  const std::size_t first = begin + (negative ? 1 : 0);
  const std::size_t digits = DigitsFrom(first);
  if (digits == 0) {
    offset_ = first;
    Expected("a digit");
    return std::nullopt;
  }
  if (text_[first] == '0' && (digits > 1 || negative)) {
    Fail(begin, "an index has no leading zero and no minus zero");
    return std::nullopt;
  }
  std::int64_t value = 0;
  const char* const end = text_.data() + first + digits;
  const std::from_chars_result read = std::from_chars(text_.data() + begin, end, value);
  if (read.ec != std::errc() || value > kMaxExactInteger || value < -kMaxExactInteger) {
    Fail(begin, "an index is at most 2^53 - 1");
    return std::nullopt;
  }
  offset_ = first + digits;
  return value;
}

std::optional<boost::json::value> PathCursor::ReadNumber() {
  const std::size_t begin = offset_;
  std::size_t at = begin + (peek() == '-' ? 1 : 0);
  const std::size_t digits = DigitsFrom(at);
  if (digits == 0 || (digits > 1 && text_[at] == '0')) {
    offset_ = at;
    if (digits == 0) {
      Expected("a digit");
    } else {
      Fail(begin, "a number has no leading zero");
    }
    return std::nullopt;
  }
  at += digits;
  bool integer = true;
  if (at < text_.size() && text_[at] == '.') {
    const std::size_t fraction = DigitsFrom(at + 1);
    if (fraction == 0) {
      offset_ = at + 1;
      Expected("a digit");
      return std::nullopt;
    }
    at += 1 + fraction;
    integer = false;
  }
  if (at < text_.size() && (text_[at] == 'e' || text_[at] == 'E')) {
    const bool with_sign = at + 1 < text_.size() && (text_[at + 1] == '+' || text_[at + 1] == '-');
    const std::size_t exponent_at = at + (with_sign ? 2 : 1);
    const std::size_t exponent = DigitsFrom(exponent_at);
    if (exponent == 0) {
      offset_ = exponent_at;
      Expected("a digit");
      return std::nullopt;
    }
    at = exponent_at + exponent;
    integer = false;
  }
  offset_ = at;
  const char* const first = text_.data() + begin;
  const char* const last = text_.data() + at;
  std::int64_t whole = 0;
  if (integer && std::from_chars(first, last, whole).ec == std::errc()) return boost::json::value(whole);
  std::uint64_t large = 0;
  if (integer && std::from_chars(first, last, large).ec == std::errc()) return boost::json::value(large);
  if (integer && !FirstRoundedNumber({first, at - begin}).empty()) {
    Fail(begin, "the number has more digits than are held");
    return std::nullopt;
  }
  double number = 0;
  if (std::from_chars(first, last, number).ec != std::errc()) {
    Fail(begin, "the number is out of range");
    return std::nullopt;
  }
  return boost::json::value(number);
}

std::string_view PathCursor::PeekWord() const {
  std::size_t end = offset_;
  while (end < text_.size() && ((text_[end] >= 'a' && text_[end] <= 'z') || text_[end] == '_' || IsDigit(text_[end]))) {
    ++end;
  }
  return text_.substr(offset_, end - offset_);
}

}  // namespace wsfleet
