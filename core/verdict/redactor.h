#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/verdict/result.h"

namespace re2 {
class RE2;
}

namespace wsfleet {

// Takes what must not be seen out of text before it is kept or sent on: exact values (secrets, minted tokens), what
// they are in base64 (also within a longer text) and in hexadecimal, with their characters escaped in any common way,
// the begin of one where an excerpt was cut, and what the suite's expressions match. For one thread.
class Redactor {
 public:
  explicit Redactor(const std::vector<std::string>& expressions);

  // Values of fewer than four bytes are left alone: they would blacken everything.
  void AddSecret(std::string_view value);

  std::string Apply(std::string_view text) const;
  // Values of headers that carry credentials by their nature are replaced as a whole.
  HeaderField Apply(const HeaderField& header) const;
  void Apply(Failure& failure) const;
  // Lines of somebody else's log, also of what looks like a credential; and makes them short and printable.
  void Apply(LogExcerpt& excerpt) const;

 private:
  void AddForm(std::string form);
  void AddFormsOfBytes(std::string_view value);
  void AddFormsOfText(std::string_view value);
  void RedactEscapedOnes(std::string& text) const;
  void RedactCutOnes(std::string& text) const;

  std::vector<std::string> secrets_;  // in each form that is one text, longer ones first
  // Those whose characters may be escaped; what finds them so is made when a text has escapes.
  std::vector<std::string> escapable_;
  mutable std::vector<std::shared_ptr<const re2::RE2>> escaped_;
  std::vector<std::shared_ptr<const re2::RE2>> expressions_;
};

}  // namespace wsfleet
