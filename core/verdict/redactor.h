#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/value.hpp"
#include "core/base/secret.h"
#include "core/verdict/escaped_text.h"
#include "core/verdict/result.h"

namespace re2 {
class RE2;
}

namespace wsfleet {

// Takes what must not be seen out of text before it is kept or sent on: exact values (secrets, minted tokens), what
// they are in base64 (also within a longer text) and in hexadecimal, with their characters escaped in any common way,
// the begin of one where an excerpt was cut, members of one that is JSON, path, query and user information of a URL,
// passwords and parameters of URLs (credential_text.h), and what the suite's expressions match. JWTs, whose ever they
// are, are shown without their signature (jwt_text.h). Copies share what is costly to make. The values that it knows
// are overwritten with the last copy, but for those that were made into expressions (EscapedText).
class Redactor {
 public:
  explicit Redactor(const std::vector<std::string>& expressions);

  // RE2; one that is none is left out, since the parser has refused it.
  void AddExpressions(const std::vector<std::string>& expressions);

  // Shorter values are left alone: they would blacken everything.
  static constexpr std::size_t kMinBytes = 4;
  void AddSecret(std::string_view value);
  // What a session shows to be let in; of a JWT the signature alone too.
  void AddToken(std::string_view token);

  std::string Apply(std::string_view text) const;
  // Values of headers that carry credentials by their nature are replaced as a whole.
  HeaderField Apply(const HeaderField& header) const;
  void Apply(Failure& failure) const;
  // All text of a result that is not its author's.
  void Apply(CaseResult& result) const;
  // Lines of somebody else's log, also of what looks like a credential; and makes them short and printable.
  void Apply(LogExcerpt& excerpt) const;

 private:
  void AddForm(std::string form);
  void AddMembersOfJson(std::string_view value);
  void AddStringsOf(const boost::json::value& json, std::string_view name);
  void AddPartsOfUrl(std::string_view value);
  void AddShownForms(std::string_view value);
  void AddFormsOfBytes(std::string_view value);
  void RedactCutOnes(std::string& text) const;

  std::vector<std::shared_ptr<const Secret>> secrets_;         // in each form that is one text, longer ones first
  std::vector<std::shared_ptr<const EscapedText>> escapable_;  // those that have characters that are escaped
  std::vector<std::shared_ptr<const re2::RE2>> expressions_;
};

}  // namespace wsfleet
