#pragma once

#include <cstdint>
#include <string>

#include "boost/asio/awaitable.hpp"
#include "core/base/proxy_url.h"

namespace wsfleet::engine {

class GuardedStream;

// Asks the proxy at the other end of `stream` for a connection to `host`, which it resolves (RFC 9110, 9.3.6; RFC 1928,
// RFC 1929). Empty, and the stream is the target's, or what went wrong. Whoever closes the stream ends the wait.
boost::asio::awaitable<std::string> OpenTunnel(GuardedStream& stream, ProxyUrl proxy, std::string host,
                                               std::uint16_t port);

}  // namespace wsfleet::engine
