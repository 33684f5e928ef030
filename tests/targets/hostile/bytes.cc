#include "tests/targets/hostile/bytes.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "fmt/format.h"

namespace wsfleet::hostile {
namespace {

std::string BigEndian(std::uint64_t number, int bytes) {
  std::string text;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift & 0xFF);
  return text;
}

std::uint64_t FromBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

}  // namespace

std::string SwitchWith(std::string_view fields) {
  return fmt::format("HTTP/1.1 101 Switching Protocols\r\n{}\r\n", fields);
}

std::string SwitchingProtocols(std::string_view more_fields) {
  return SwitchWith("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n" +
                    std::string(more_fields));
}

std::string Answer(std::string_view status, std::string_view body, std::string_view more_fields) {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, more_fields, body.size(), body);
}

std::string Frame(std::uint8_t first, std::string_view payload) {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(126) + BigEndian(payload.size(), 2);
  } else {
    frame += static_cast<char>(127) + BigEndian(payload.size(), 8);
  }
  return frame + std::string(payload);
}

std::string CloseFrame(std::uint16_t code, std::string_view reason) {
  return Frame(kCloseFrame, BigEndian(code, 2) + std::string(reason));
}

std::string Event(std::string_view type) { return Frame(kTextFrame, fmt::format(R"({{"type":"{}"}})", type)); }

std::string AcceptValue(std::string_view head) {
  constexpr std::string_view kName = "\r\nsec-websocket-key:";
  const std::size_t found = Lower(head).find(kName);
  if (found == std::string_view::npos) return {};
  std::string_view key = head.substr(found + kName.size());
  key = key.substr(0, key.find("\r\n"));
  key.remove_prefix(std::min(key.find_first_not_of(' '), key.size()));
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 64> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return {encoded.begin(), encoded.begin() + length};
}

std::string PathOfRequest(std::string_view head) {
  const std::size_t begin = head.find(' ');
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = head.substr(begin + 1);
  return std::string(rest.substr(0, rest.find_first_of(" ?\r")));
}

ClientFrame ParseClientFrame(std::string_view bytes) {
  constexpr std::size_t kMask = 4;
  if (bytes.size() < 2) return {};
  std::uint64_t length = static_cast<unsigned char>(bytes[1]) & 0x7F;
  std::size_t head = 2;
  if (length >= 126) {
    const std::size_t extended = length == 126 ? 2 : 8;
    if (bytes.size() < head + extended) return {};
    length = FromBigEndian(bytes.substr(head, extended));
    head += extended;
  }
  if (bytes.size() < head + kMask || bytes.size() - head - kMask < length) return {};
  ClientFrame frame;
  frame.first = static_cast<std::uint8_t>(bytes[0]);
  frame.bytes = head + kMask + static_cast<std::size_t>(length);
  frame.payload = std::string(bytes.substr(head + kMask, static_cast<std::size_t>(length)));
  for (std::size_t i = 0; i < frame.payload.size(); ++i)
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ bytes[head + i % kMask]);
  return frame;
}

}  // namespace wsfleet::hostile
