#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What goes over the wire, right and wrong.
namespace wsfleet::hostile {

// The answer to an upgrade as RFC 6455, 4.2.2 asks for it; {accept} stands for the value that belongs to the key.
std::string SwitchingProtocols(std::string_view more_fields = "");
// A 101 with these fields and no others; each ends with \r\n.
std::string SwitchWith(std::string_view fields);
// An answer with Content-Length; `more_fields` end with \r\n.
std::string Answer(std::string_view status, std::string_view body, std::string_view more_fields = "");

// First bytes of a frame: FIN and opcode (RFC 6455, 5.2).
constexpr std::uint8_t kTextFrame = 0x81, kTextBegin = 0x01, kContinuation = 0x00, kContinuationEnd = 0x80,
                       kBinaryFrame = 0x82, kCloseFrame = 0x88, kPingFrame = 0x89, kPongFrame = 0x8A;

// A frame of a server, with the shortest length.
std::string Frame(std::uint8_t first, std::string_view payload);
// A close frame with this code, valid or not.
std::string CloseFrame(std::uint16_t code, std::string_view reason = "");
// A text frame {"type":"…"}.
std::string Event(std::string_view type);

// The value of Sec-WebSocket-Accept for the key of a request's head; empty if it has none.
std::string AcceptValue(std::string_view head);
// The path of a request's head; empty if it is no request.
std::string PathOfRequest(std::string_view head);

// A frame of a client, taken apart.
struct ClientFrame {
  std::uint8_t first = 0;
  std::string payload;    // unmasked
  std::size_t bytes = 0;  // of the whole frame; 0: it is not complete yet
};
ClientFrame ParseClientFrame(std::string_view bytes);

}  // namespace wsfleet::hostile
