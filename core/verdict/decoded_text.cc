#include "core/verdict/decoded_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "core/base/secret.h"
#include "core/base/text.h"

namespace wsfleet {
namespace {

// A table: each byte of each secret is looked at.
constexpr std::array<bool, 256> kBeginsEscape = [] {
  std::array<bool, 256> begins{};
  for (const char c : {'\\', '%', '&', '+'}) begins[static_cast<unsigned char>(c)] = true;
  return begins;
}();
bool BeginsEscape(char c) { return kBeginsEscape[static_cast<unsigned char>(c)]; }

// -1: none.
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int Base64Digit(char c) {
  if (absl::ascii_isupper(static_cast<unsigned char>(c))) return c - 'A';
  if (absl::ascii_islower(static_cast<unsigned char>(c))) return c - 'a' + 26;
  if (IsDigit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

// `digits` of them.
std::optional<std::uint32_t> HexNumber(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text.substr(at, digits)) {
    const int digit = HexDigit(c);
    if (digit < 0) return std::nullopt;
    number = number * 16 + static_cast<std::uint32_t>(digit);
  }
  return number;
}

constexpr std::uint32_t kNothing = 0xFFFFFFFFU;  // no character's

// A byte, or a character as UTF-8 has it, and where its escape ends.
struct Escape {
  std::uint32_t value = 0;
  bool is_byte = true;
  std::size_t end = 0;
};

// %41, %2541, %252541.
std::optional<Escape> PercentEscape(std::string_view text, std::size_t at) {
  ++at;
  while (text.substr(at).starts_with("25") && HexNumber(text, at + 2, 2)) at += 2;
  const auto byte = HexNumber(text, at, 2);
  if (!byte) return std::nullopt;
  return Escape{*byte, true, at + 2};
}

std::size_t SkipBackslashes(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of('\\', at), text.size());
}

// Behind the `u`. RFC 8259, 7: beyond 16 bits, two of them.
std::optional<Escape> Utf16Escape(std::string_view text, std::size_t at) {
  const auto unit = HexNumber(text, at, 4);
  if (!unit) return std::nullopt;
  at += 4;
  const std::size_t second = SkipBackslashes(text, at);
  if ((*unit & 0xFC00U) == 0xD800U && second > at && text.substr(second).starts_with('u')) {
    const auto low = HexNumber(text, second + 1, 4);
    if (low && (*low & 0xFC00U) == 0xDC00U) {
      return Escape{0x10000U + ((*unit & 0x3FFU) << 10U) + (*low & 0x3FFU), false, second + 5};
    }
  }
  return Escape{*unit, false, at};
}

// One or more backslashes: a string within a string has them doubled.
Escape BackslashEscape(std::string_view text, std::size_t at) {
  constexpr std::string_view kLetters = "nrtbf\"'/", kMeanings = "\n\r\t\b\f\"'/";
  const std::size_t end = SkipBackslashes(text, at);
  const Escape none{kNothing, true, end};
  if (end == text.size()) return none;
  if (text[end] == 'u') return Utf16Escape(text, end + 1).value_or(none);
  if (text[end] == 'x') {
    const auto byte = HexNumber(text, end + 1, 2);
    return byte ? Escape{*byte, true, end + 3} : none;
  }
  const std::size_t letter = kLetters.find(text[end]);
  if (letter == std::string_view::npos) return none;
  return {static_cast<unsigned char>(kMeanings[letter]), true, end + 1};
}

// Behind `#`.
std::optional<Escape> NumericReference(std::string_view text, std::size_t at) {
  const bool is_hex = at < text.size() && (text[at] == 'x' || text[at] == 'X');
  const std::uint32_t base = is_hex ? 16 : 10;
  std::uint32_t number = 0;
  const std::size_t begin = at + (is_hex ? 1 : 0);
  for (at = begin; at < text.size(); ++at) {
    const int digit = HexDigit(text[at]);
    if (digit < 0 || static_cast<std::uint32_t>(digit) >= base) break;
    number = number * base + static_cast<std::uint32_t>(digit);
    if (number > 0x10FFFFU) return std::nullopt;
  }
  if (at == begin || !text.substr(at).starts_with(';')) return std::nullopt;
  return Escape{number, false, at + 1};
}

// &#65; &lt; and those whose ampersand was escaped in its turn; of names, those that HTML and XML have in common.
std::optional<Escape> Reference(std::string_view text, std::size_t at) {
  constexpr std::array<std::pair<std::string_view, char>, 4> kNames{
      {{"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}}};
  constexpr std::string_view kAmpersand = "amp;";
  const std::size_t begin = ++at;
  while (text.substr(at).starts_with(kAmpersand)) at += kAmpersand.size();
  if (text.substr(at).starts_with('#')) {
    if (auto reference = NumericReference(text, at + 1)) return reference;
  }
  for (const auto& [name, c] : kNames) {
    if (text.substr(at).starts_with(name)) return Escape{static_cast<unsigned char>(c), true, at + name.size()};
  }
  if (at == begin) return std::nullopt;
  return Escape{'&', true, at};
}

Escape EscapeAt(std::string_view text, std::size_t at) {
  const Escape none{static_cast<unsigned char>(text[at]), true, at + 1};
  switch (text[at]) {
    case '%':
      return PercentEscape(text, at).value_or(none);
    case '\\':
      return BackslashEscape(text, at);
    case '&':
      return Reference(text, at).value_or(none);
    default:
      return none;
  }
}

// RFC 3629, 3.
template <typename AddByte>
void AddCharacter(std::uint32_t code_point, AddByte add) {
  const auto add_next = [&](std::uint32_t shift) { add(0x80U | ((code_point >> shift) & 0x3FU)); };
  if (code_point < 0x80U) return add(code_point);
  if (code_point < 0x800U) {
    add(0xC0U | (code_point >> 6U));
  } else if (code_point < 0x10000U) {
    add(0xE0U | (code_point >> 12U));
    add_next(6);
  } else {
    add(0xF0U | (code_point >> 18U));
    add_next(12);
    add_next(6);
  }
  add_next(0);
}

// `add_plain` is told which part of the text is as it is, `add_byte` of each other byte what it is and where.
template <typename AddPlain, typename AddByte>
void Unescape(std::string_view text, AddPlain add_plain, AddByte add_byte) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && !BeginsEscape(text[at])) ++at;
    if (at > begin) add_plain(begin, at);
    if (at == text.size()) break;
    const Escape escape = EscapeAt(text, at);
    const auto add = [&](std::uint32_t byte) { add_byte(byte == '+' ? ' ' : static_cast<char>(byte), at, escape.end); };
    if (escape.value == kNothing) {
      // Only backslashes: whose they are, what follows does not say.
    } else if (escape.is_byte) {
      add(escape.value);
    } else {
      AddCharacter(escape.value, add);
    }
    at = escape.end;
  }
}

template <typename IsOne>
Stretch NextStretch(std::string_view text, std::size_t from, std::size_t characters, IsOne is_one) {
  for (std::size_t begin = from; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && is_one(text[end])) ++end;
    if (end - begin >= characters) return {begin, end};
    begin = end + 1;
  }
  return {text.size(), text.size()};
}

std::string UnescapedOnce(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  Unescape(
      text, [&](std::size_t begin, std::size_t end) { out += text.substr(begin, end - begin); },
      [&](char byte, std::size_t, std::size_t) { out += byte; });
  return out;
}

}  // namespace

void DecodedText::Add(char byte, std::size_t begin, std::size_t end) {
  bytes += byte;
  places.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
}

void DecodedText::Clear() {
  bytes.clear();
  places.clear();
}

bool HasEscapes(std::string_view text) { return std::ranges::any_of(text, BeginsEscape); }

void Unescape(std::string_view text, DecodedText& out) {
  out.Clear();
  Unescape(
      text,
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t at = begin; at < end; ++at) out.Add(text[at], at, at + 1);
      },
      [&](char byte, std::size_t begin, std::size_t end) { out.Add(byte, begin, end); });
}

bool UnescapeFurther(DecodedText& text) {
  if (!HasEscapes(text.bytes)) return false;
  DecodedText further;
  Unescape(text.bytes, further);
  if (further.bytes.size() == text.bytes.size()) return false;
  for (DecodedText::Place& place : further.places) {
    place = {text.places[place.begin].begin, text.places[place.end - 1].end};
  }
  std::swap(text, further);
  return true;
}

std::string WithoutEscapes(std::string_view text) {
  std::string out = UnescapedOnce(text);
  std::size_t size = text.size();
  for (int level = 1; level < kEscapeLevels && out.size() < size && HasEscapes(out); ++level) {
    size = out.size();
    std::string further = UnescapedOnce(out);
    std::swap(out, further);
    WipeText(further);
  }
  return out;
}

std::size_t TornEscape(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongest = 64;
  if (at == text.size() || !BeginsEscape(text[at])) return 0;
  std::size_t end = text[at] == '\\' ? SkipBackslashes(text, at) : at + 1;
  const std::size_t last = std::min(end + kLongest, text.size());
  const auto goes_on = [&](char c) {
    if (text[at] == '&') return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '#' || c == ';';
    return HexDigit(c) >= 0 || (text[at] == '\\' && (c == 'u' || c == 'x'));
  };
  while (end < last && goes_on(text[end])) ++end;
  return end - at;
}

Stretch NextBase64(std::string_view text, std::size_t from, std::size_t bytes) {
  return NextStretch(text, from, (bytes * 8 + 5) / 6, [](char c) { return Base64Digit(c) >= 0; });
}

Stretch NextHexadecimal(std::string_view text, std::size_t from, std::size_t bytes) {
  return NextStretch(text, from, bytes * 2, [](char c) { return HexDigit(c) >= 0; });
}

void DecodeBase64(std::string_view text, const Stretch& stretch, DecodedText& out) {
  out.Clear();
  std::uint32_t bits = 0;
  std::size_t held = 0;
  for (std::size_t at = stretch.begin; at < stretch.end; ++at) {
    bits = (bits << 6U) | static_cast<std::uint32_t>(Base64Digit(text[at]));
    held += 6;
    if (held < 8) continue;
    held -= 8;
    // Of this character at least two bits are its own; the first of the eight are of the one before.
    out.Add(static_cast<char>(bits >> held), at - 1, at + 1);
  }
}

void DecodeHexadecimal(std::string_view text, const Stretch& stretch, DecodedText& out) {
  out.Clear();
  for (std::size_t at = stretch.begin; at + 2 <= stretch.end; at += 2) {
    out.Add(static_cast<char>(HexDigit(text[at]) * 16 + HexDigit(text[at + 1])), at, at + 2);
  }
}

}  // namespace wsfleet
