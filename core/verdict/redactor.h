#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/verdict/escaped_text.h"
#include "core/verdict/result.h"

namespace re2 {
class RE2;
}

namespace wsfleet {

// Takes what must not be seen out of text before it is kept or sent on: exact values (secrets, minted tokens), what
// they are in base64 (also within a longer text) and in hexadecimal, with their characters escaped in any common way,
// the begin of one where an excerpt was cut, and what the suite's expressions match. Copies share what is costly to
// make.
class Redactor {
 public:
  explicit Redactor(const std::vector<std::string>& expressions);

  // RE2; one that is none is left out, since the parser has refused it.
  void AddExpressions(const std::vector<std::string>& expressions);

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
  void RedactCutOnes(std::string& text) const;

  std::vector<std::string> secrets_;                           // in each form that is one text, longer ones first
  std::vector<std::shared_ptr<const EscapedText>> escapable_;  // those that have characters that are escaped
  std::vector<std::shared_ptr<const re2::RE2>> expressions_;
};

}  // namespace wsfleet
