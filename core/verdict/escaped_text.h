#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.h"

namespace re2 {
class RE2;
}

namespace wsfleet {

// A text in whatever escapes it may come back: each character as it is, percent encoded (RFC 3986), as in a form, as an
// escape of JSON, JavaScript, Python or C (also within a string that was itself escaped), or as a reference of HTML;
// each in its own way. For one thread. What finds it takes milliseconds and a megabyte to make for each kilobyte, and
// is made when it is first asked for: share it. The text is overwritten at its end; what finds it cannot be.
class EscapedText {
 public:
  explicit EscapedText(std::string_view text);
  ~EscapedText();

  // A long text is looked for in pieces, each of which is replaced.
  void Replace(std::string& in, std::string_view by) const;

 private:
  void Make() const;

  const Secret text_;
  mutable std::vector<std::unique_ptr<const re2::RE2>> pieces_;
};

}  // namespace wsfleet
