#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "coordinator/oidc/claims.h"
#include "coordinator/oidc/jwt.h"
#include "coordinator/oidc/key_set.h"

// A line with a token and a key set after it, as anybody may send the one and a broken issuer the other: reading never
// throws, crashes or runs away. A token has one form, and no key has signed what is not signed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace oidc = wsfleet::oidc;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const auto set = oidc::KeySet::Parse(text.substr(std::min(end + 1, size)));
  if (set.ok() && set->size() == 0) std::abort();
  const auto jwt = oidc::ReadJwt(text.substr(0, end));
  if (!jwt.ok()) return 0;
  if (jwt->signature.empty() || !text.starts_with(jwt->signed_part)) std::abort();
  oidc::Issuer issuer;
  issuer.issuer = "https://id.example";
  issuer.audiences = {"wsfleet"};
  issuer.roles = {{"team", wsfleet::FleetName("blue"), wsfleet::Role::kViewer}};
  const auto person = oidc::Judge(issuer, jwt->claims, absl::FromUnixSeconds(1'000'000));
  if (person.ok() && person->identity.size() > 512) std::abort();
  if (!set.ok()) return 0;
  const auto key = set->Find(jwt->algorithm, jwt->key_id);
  if (key.ok() && key->algorithm() != jwt->algorithm) std::abort();
  if (key.ok()) key->HasSigned(jwt->signed_part, jwt->signature);
  return 0;
}
