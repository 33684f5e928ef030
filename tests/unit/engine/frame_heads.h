#pragma once

#include <cstdint>

namespace wsfleet::testing {

// First bytes of frames (RFC 6455, 5.2): FIN, RSV1 and the opcode.
inline constexpr std::uint8_t kText = 0x81, kTextBegin = 0x01, kContinuation = 0x00, kLast = 0x80, kPing = 0x89,
                              kPong = 0x8A, kClose = 0x88, kCompressed = 0xC1;

}  // namespace wsfleet::testing
