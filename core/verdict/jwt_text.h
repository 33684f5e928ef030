#pragma once

#include <string>
#include <string_view>

namespace wsfleet {

// Every JWT (RFC 7519, 3) in the text as people may see it: its header and its claims as JSON, and never the signature:
// `jwt{"alg":"HS256"}.{"sub":"a"}.[redacted]`. What is encrypted, or cut short, is not shown. Of whose it is nothing is
// asked: a target's tokens are as good as ours.
std::string ShowJwts(std::string_view text);

// How what ShowJwts() shows begins.
inline constexpr std::string_view kShownJwt = "jwt{";

}  // namespace wsfleet
