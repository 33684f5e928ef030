#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "boost/asio/awaitable.hpp"

namespace wsfleet::engine {

class GuardedStream;

struct Proxy {
  enum class Kind { kHttpConnect, kSocks5 };
  Kind kind = Kind::kHttpConnect;
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string user, password;
};

// "http://[user:password@]host:port" or "socks5://…". Errors do not repeat the text: it may hold a password.
absl::StatusOr<Proxy> ParseProxy(std::string_view text);

// Asks the proxy at the other end of `stream` for a connection to `host`, which it resolves (RFC 9110, 9.3.6; RFC 1928,
// RFC 1929). Empty, and the stream is the target's, or what went wrong. Whoever closes the stream ends the wait.
boost::asio::awaitable<std::string> OpenTunnel(GuardedStream& stream, Proxy proxy, std::string host,
                                               std::uint16_t port);

}  // namespace wsfleet::engine
