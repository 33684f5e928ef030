#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/scenario/connection.h"
#include "core/value/template.h"

namespace wsfleet::engine {

// Mints the token of a credential: a JWT (RFC 7519) by HS256, RS256 or ES256 (RFC 7518, 3), spoilt as the credential
// asks, or the token as it is. `now` is the session's wall clock: iat = now, exp = now + ttl. Errors name the template
// or the key that is wrong, and never its value.
absl::StatusOr<std::string> MintToken(const Credential& credential, const Scope& scope, absl::Time now);

// The token in the credential's format.
std::string FormatToken(const Credential& credential, std::string_view token);

// base64url without padding (RFC 4648, 5).
std::string Base64Url(std::string_view bytes);

}  // namespace wsfleet::engine
