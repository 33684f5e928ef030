#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsfleet::oidc {

// base64url without padding (RFC 4648, 5; RFC 7515, 2). Nothing for a text that is not the one encoding of its bytes:
// with padding, white space, or bits set that carry nothing.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace wsfleet::oidc
