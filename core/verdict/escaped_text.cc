#include "core/verdict/escaped_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

// An expression has some 80 bytes and 40 instructions for each byte of its piece.
constexpr std::size_t kPieceBytes = 1024;
constexpr std::int64_t kPieceMemory = 16 << 20;

// A character of UTF-8, or a byte that is none.
struct Character {
  std::string_view bytes;
  std::uint32_t code_point = 0;
};

// `text` begins with whole characters if it is UTF-8 throughout.
Character FirstOf(std::string_view text, bool utf8) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (!utf8 || lead < 0x80U) return {text.substr(0, 1), lead};
  const std::size_t size = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  std::uint32_t code_point = lead & (0xFFU >> (size + 1));
  for (const char next : text.substr(1, size - 1)) {
    code_point = (code_point << 6U) | (static_cast<unsigned char>(next) & 0x3FU);
  }
  return {text.substr(0, size), code_point};
}

std::string Quoted(std::string_view text) { return RE2::QuoteMeta({text.data(), text.size()}); }

// `format` for each byte, one behind the other; hexadecimal digits in either case.
std::string EachByte(std::string_view bytes, std::string_view introduction) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{}(?i:{:02x})", introduction, static_cast<unsigned char>(c));
  return out;
}

// One or more backslashes: a string within a string has them doubled.
std::string Utf16Escape(std::uint32_t code_point) {
  constexpr std::string_view kUnit = R"(\\+u(?i:{:04x}))";
  if (code_point < 0x10000U) return fmt::format(fmt::runtime(kUnit), code_point);
  const std::uint32_t rest = code_point - 0x10000U;
  return fmt::format(fmt::runtime(kUnit), 0xD800U + (rest >> 10U)) +
         fmt::format(fmt::runtime(kUnit), 0xDC00U + (rest & 0x3FFU));
}

// The names that HTML and XML have in common; their ampersand may be escaped in its turn.
std::string_view NameInHtml(std::uint32_t code_point) {
  switch (code_point) {
    case '&':
      return "amp";
    case '<':
      return "lt";
    case '>':
      return "gt";
    case '"':
      return "quot";
    case '\'':
      return "apos";
    default:
      return {};
  }
}

char LetterOfEscape(std::uint32_t code_point) {
  switch (code_point) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '"':
    case '\'':
    case '/':
    case '\\':
      return static_cast<char>(code_point);
    default:
      return 0;
  }
}

std::string PatternOf(const Character& one, bool utf8) {
  const auto [bytes, code_point] = one;
  // Reports show what is no character in its place so.
  std::string out = "(?:" + Quoted(bytes);
  if (const std::string shown = PrintableBytes(bytes); shown != bytes) out += "|" + Quoted(shown);
  out += "|" + EachByte(bytes, "%(?:25)*") + "|" + EachByte(bytes, R"(\\+x)");
  if (utf8) {
    out += "|" + Utf16Escape(code_point);
    if (code_point >= 0x80U) out += "|" + EachByte(bytes, R"(\\+u00)");  // taken for Latin-1
    out += fmt::format("|&(?:amp;)*#(?:0*{}|(?i:x0*{:x}));", code_point, code_point);
  }
  if (const std::string_view name = NameInHtml(code_point); !name.empty()) {
    out += fmt::format("|&(?:amp;)*{};", name);
  }
  if (const char letter = LetterOfEscape(code_point); letter != 0) out += R"(|\\+)" + Quoted({&letter, 1});
  if (code_point == ' ') out += R"(|\+)";
  return out + ")";
}

std::string PatternOf(std::string_view text) {
  const bool utf8 = IsValidUtf8(text);
  std::string pattern;
  while (!text.empty()) {
    const Character first = FirstOf(text, utf8);
    pattern += PatternOf(first, utf8);
    text.remove_prefix(first.bytes.size());
  }
  return pattern;
}

// So many bytes of it, and up to three more: no character of UTF-8 is torn.
std::string_view FrontOf(std::string_view text, std::size_t bytes) {
  std::size_t end = std::min(bytes, text.size());
  while (end < std::min(bytes + 3, text.size()) && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  return text.substr(0, end);
}

}  // namespace

EscapedText::EscapedText(std::string_view text) : text_(text) {}
EscapedText::~EscapedText() = default;

void EscapedText::Make() const {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(kPieceMemory);
  // Of about the same length: a short one would be found everywhere.
  const std::size_t pieces = (text_.size() + kPieceBytes - 1) / kPieceBytes;
  for (std::string_view rest = text_.Reveal(); !rest.empty();) {
    const std::string_view piece = FrontOf(rest, (text_.size() + pieces - 1) / pieces);
    pieces_.push_back(std::make_unique<const RE2>(PatternOf(piece), options));
    rest.remove_prefix(piece.size());
  }
}

void EscapedText::Replace(std::string& in, std::string_view by) const {
  if (pieces_.empty()) Make();
  for (const auto& piece : pieces_) RE2::GlobalReplace(&in, *piece, {by.data(), by.size()});
}

}  // namespace wsfleet
