#pragma once

#include <cstdint>

#include "boost/beast/websocket/detail/prng.hpp"

// The random numbers of masks and of Sec-WebSocket-Key (RFC 6455, 4.1 and 5.3). Boost 1.81's own generator gives each
// block of 64 bytes sixteen times over, so that keys of different connections are the same. Its source is kept out by
// its include guard, which CMakeLists.txt defines for the engine and whoever links to it; whoever includes Beast's
// WebSocket streams includes this before.
namespace wsfleet::engine {

// Of OpenSSL's generator for secrets. Thread-safe. Ends the process if that fails.
std::uint32_t RandomWord();

}  // namespace wsfleet::engine

namespace boost::beast::websocket::detail {

inline generator make_prng(bool) { return &wsfleet::engine::RandomWord; }

}  // namespace boost::beast::websocket::detail
