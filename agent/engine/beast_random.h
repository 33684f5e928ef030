#pragma once

#include <cstdint>

// The random numbers of masks and of Sec-WebSocket-Key (RFC 6455, 4.1 and 5.3). Boost 1.81's own generator gives each
// block of 64 bytes sixteen times over, so that keys of different connections are the same. This keeps its source out,
// by its include guard, and stands in its place: to be included before Beast's WebSocket streams.
#ifdef BOOST_BEAST_WEBSOCKET_DETAIL_PRNG_IPP
#error "Beast's own random numbers were included before"
#endif
#define BOOST_BEAST_WEBSOCKET_DETAIL_PRNG_IPP
#include "boost/beast/websocket/detail/prng.hpp"

namespace wsfleet::engine {

// Of OpenSSL's generator for secrets. Thread-safe. Ends the process if that fails.
std::uint32_t RandomWord();

}  // namespace wsfleet::engine

namespace boost::beast::websocket::detail {

inline generator make_prng(bool) { return &wsfleet::engine::RandomWord; }

}  // namespace boost::beast::websocket::detail
