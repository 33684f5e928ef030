#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace wsfleet {

struct Url {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string target = "/";  // path and query; percent-encoded beyond ASCII

  std::string HostHeader() const;  // RFC 9110, 7.2: without the scheme's own port
  std::string Origin() const;      // "wss://host:port": equal for URLs of one target
};

// ws, wss, http and https (RFC 3986, RFC 6455, 3); no user information. Errors say what was expected.
absl::StatusOr<Url> ParseUrl(std::string_view text);

// `reference` against `base`: an absolute URL stands for itself, a path replaces path and query.
absl::StatusOr<Url> ResolveUrl(const Url& base, std::string_view reference);

// Adds percent-encoded parameters to the query.
void AddQuery(Url& url, std::string_view name, std::string_view value);
// Takes out all parameters of this name, however they are written.
void RemoveQuery(Url& url, std::string_view name);

}  // namespace wsfleet
