#include "coordinator/identity/join_token.h"

#include <openssl/crypto.h>

#include "absl/strings/escaping.h"
#include "coordinator/secret_text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::string_view kJoinTokenPrefix = "wsj_";
constexpr std::size_t kIdBytes = 6;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kTextBytes = kJoinTokenPrefix.size() + 2 * kIdBytes + 1 + 2 * kSecretBytes;

bool IsHex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

absl::StatusOr<JoinTokenText> NewJoinToken() {
  const auto bytes = RandomBytes(kIdBytes + kSecretBytes);
  if (!bytes.ok()) return bytes.status();
  JoinTokenText token;
  token.id = absl::BytesToHexString(bytes->substr(0, kIdBytes));
  token.text = fmt::format("{}{}_{}", kJoinTokenPrefix, token.id, absl::BytesToHexString(bytes->substr(kIdBytes)));
  return token;
}

absl::StatusOr<JoinTokenText> ParseJoinToken(std::string_view text) {
  const std::size_t underscore = kJoinTokenPrefix.size() + 2 * kIdBytes;
  if (text.size() == kTextBytes && text.starts_with(kJoinTokenPrefix) && text[underscore] == '_') {
    const std::string_view id = text.substr(kJoinTokenPrefix.size(), 2 * kIdBytes);
    if (IsHex(id) && IsHex(text.substr(underscore + 1))) return JoinTokenText{std::string(id), std::string(text)};
  }
  return absl::UnauthenticatedError(
      fmt::format("expected a join token, {}… of {} characters, found a text of {} bytes; `wsfleet agents join-token "
                  "create` makes one",
                  kJoinTokenPrefix, kTextBytes, text.size()));
}

std::string HashOf(const JoinTokenText& token) { return Sha256Hex(token.text); }

bool HasHash(const JoinTokenText& token, std::string_view hash) {
  const std::string own = HashOf(token);
  return own.size() == hash.size() && CRYPTO_memcmp(own.data(), hash.data(), own.size()) == 0;
}

}  // namespace wsfleet::coordinator
