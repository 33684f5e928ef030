#pragma once

#include <string>
#include <string_view>

namespace wsfleet {

// An expression of RE2, in Latin-1, for `text` in whatever escapes it may come back: each character as it is, percent
// encoded (RFC 3986), as in a form, as an escape of JSON, JavaScript, Python or C (also within a string that was itself
// escaped), or as a reference of HTML; each in its own way. Some 200 bytes for each character.
std::string PatternOfEscaped(std::string_view text);

}  // namespace wsfleet
