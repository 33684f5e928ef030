#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/verdict/known_values.h"
#include "core/verdict/replace_values.h"
#include "core/verdict/result.h"

namespace re2 {
class RE2;
}

namespace wsfleet {

// Takes what must not be seen out of text before it is kept or sent on: values (secrets, minted tokens) and their parts
// (secret_parts.h), in whatever encoding, and the begin of one where an excerpt was cut (replace_values.h); passwords
// and parameters of URLs (credential_text.h), and what the suite's expressions match. JWTs, whose ever they are, are
// shown without their signature (jwt_text.h). Copies share what is costly to make, and are for one thread together. The
// values that it knows are overwritten with the last copy.
class Redactor {
 public:
  explicit Redactor(const std::vector<std::string>& expressions);

  // RE2; one that is none is left out, since the parser has refused it.
  void AddExpressions(const std::vector<std::string>& expressions);

  // Shorter values are left alone: they would blacken everything.
  static constexpr std::size_t kMinBytes = KnownValues::kMinBytes;
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
  GroupsOfValues groups_;  // the last one may grow while nobody shares it
  std::vector<std::shared_ptr<const re2::RE2>> expressions_;
};

}  // namespace wsfleet
