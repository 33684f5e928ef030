#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "agent/engine/http_head.h"
#include "core/scenario/connection.h"

// permessage-deflate (RFC 7692) as it is negotiated; the compression itself is the WebSocket library's.
namespace wsfleet::engine {

// The value of Sec-WebSocket-Extensions that offers it.
std::string OfferDeflate(const DeflateSpec& wanted);

// What the head of a 101 agreed to; nothing: frames are not compressed. An error says how it breaks RFC 6455, 9.1 or
// RFC 7692, 7.1: an extension that was not offered, a parameter that is unknown, twice, malformed, or not what was
// offered. `offered`: nothing if no extension was.
absl::StatusOr<std::optional<DeflateSpec>> AgreedDeflate(const HttpHead& head,
                                                         const std::optional<DeflateSpec>& offered);

// Whether what we send may be compressed so that it keeps what was offered for our side, although Beast knows only what
// was agreed, and windows of more than 8 bits.
bool MayCompress(const DeflateSpec& offered, const DeflateSpec& agreed);

// "expected server_max_window_bits=12"; empty if all that is asked for was agreed. No window bits are 15 (RFC 7692,
// 7.1.2).
std::string DifferenceOf(const DeflateTests& asked, const DeflateSpec& agreed);

// "server_max_window_bits=12; client_no_context_takeover", or "no parameters".
std::string DescribeDeflate(const DeflateSpec& spec);

}  // namespace wsfleet::engine
