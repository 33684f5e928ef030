#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace wsfleet {

// Where a proxy is, and who asks it.
struct ProxyUrl {
  enum class Kind { kHttpConnect, kSocks5 };
  Kind kind = Kind::kHttpConnect;
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string user, password;
};

// "http://[user:password@]host:port" or "socks5://…". Errors do not repeat the text: it may hold a password.
absl::StatusOr<ProxyUrl> ParseProxyUrl(std::string_view text);

}  // namespace wsfleet
