#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wsfleet {

// What a text is behind an encoding, and which part of the text each byte of that is made of.
struct DecodedText {
  struct Place {
    std::uint32_t begin = 0, end = 0;
  };

  std::string bytes;
  std::vector<Place> places;  // of each byte

  void Add(char byte, std::size_t begin, std::size_t end);
  void Clear();
};

// A piece of a text that is in one encoding throughout.
struct Stretch {
  std::size_t begin = 0, end = 0;
};

// Each character without its escape, of whichever kind that is: percent encoding (RFC 3986) and that of forms, escapes
// of JSON, JavaScript, Python and C, references of HTML; also where the escape was itself escaped in the same way. Then
// + is a space, and other backslashes are left out: so are a text and what anybody makes of it the same.
void Unescape(std::string_view text, DecodedText& out);

// What was escaped first in one way and then in another takes it so often.
inline constexpr int kEscapeLevels = 3;
// Of what Unescape() has made; its places stay those in the first text. False: there was nothing to be done.
bool UnescapeFurther(DecodedText& text);
// As it is at the last level.
std::string WithoutEscapes(std::string_view text);

// Whether Unescape() may change anything.
bool HasEscapes(std::string_view text);

// How long what begins at `at` is, if it is an escape that was cut there: any begin of one, `\u00`.
std::size_t TornEscape(std::string_view text, std::size_t at);

// The next stretch at or behind `from` that is long enough for `bytes`; an empty one at the end of the text if there is
// none. Base64 is the standard's and that of URLs (RFC 4648, 4 and 5).
Stretch NextBase64(std::string_view text, std::size_t from, std::size_t bytes);
Stretch NextHexadecimal(std::string_view text, std::size_t from, std::size_t bytes);

// A stretch from its begin on. What stands within a longer one may begin at any of its first four (two) characters.
void DecodeBase64(std::string_view text, const Stretch& stretch, DecodedText& out);
void DecodeHexadecimal(std::string_view text, const Stretch& stretch, DecodedText& out);

}  // namespace wsfleet
