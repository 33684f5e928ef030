#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wsfleet {

inline constexpr std::size_t kMaxImportedSecrets = 100;

// Finds what must not be copied out of a recording, and gives it a name: ${secret.NAME}. Equal values have one name.
//
// What it gives is the text of a template, with `${` of the recording escaped. A value is taken for a secret by the
// name of its field, or because it looks like a token (RFC 7519, and forms that services are known for). It may still
// overlook one: whoever imports looks the suite through.
class SecretTable {
 public:
  struct Secret {
    std::string name;
    std::string origin;  // "the header Authorization"
  };

  // Of a query parameter, a header or a subprotocol: here a long value of letters and digits is a token too.
  std::string HideField(std::string_view kind, std::string_view name, std::string_view value);
  // Of a member of a JSON payload.
  std::string HideMember(std::string_view name, std::string_view value);
  // What stands inside of a text behind its name (credential_text.h), and tokens, also long words in which letters and
  // digits take turns; the rest stays.
  std::string HideText(std::string_view origin, std::string_view text);
  // The same of each segment.
  std::string HidePath(std::string_view path);

  const std::vector<Secret>& secrets() const { return secrets_; }

 private:
  std::string HideTokens(std::string_view origin, std::string_view text);
  std::string HideOpaque(std::string_view origin, std::string_view text);
  std::string Reference(std::string_view name, std::string_view origin, std::string_view value);

  std::vector<Secret> secrets_;
  std::map<std::string, std::string, std::less<>> names_;  // by value
};

// Where something begins that looks like a credential; npos if nothing does.
std::size_t FindSecret(std::string_view text);

// Whether there is a long word in which letters and digits take turns: a token, or an id.
bool HoldsOpaqueWord(std::string_view text);

// A `${` of a text that is no template.
std::string EscapeTemplates(std::string_view text);

}  // namespace wsfleet
