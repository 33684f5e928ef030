#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "boost/json/object.hpp"
#include "coordinator/oidc/public_key.h"

namespace wsfleet::oidc {

// A token as it was sent: nothing of it is true before its signature is checked.
struct Jwt {
  Algorithm algorithm = Algorithm::kRs256;
  std::optional<std::string> key_id;
  boost::json::object claims;
  std::string signed_part;
  std::string signature;
};

inline constexpr std::size_t kMaxJwtBytes = 16 << 10;

// Three parts with dots between them: what is meant as one.
bool LooksLikeJwt(std::string_view token);

// Of the compact form (RFC 7515, 7.1). UNAUTHENTICATED: a message that goes on after "found a JWT ". Whatever its
// header says of where a key is (jku, jwk, x5u, x5c) is not looked at; extensions that must be understood (crit) are
// not.
absl::StatusOr<Jwt> ReadJwt(std::string_view token);

}  // namespace wsfleet::oidc
