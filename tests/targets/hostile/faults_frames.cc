#include <utility>

#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/fault.h"

// Frames that break RFC 6455, 5, and frames without end. Each after a right 101.
namespace wsfleet::hostile {
namespace {

Fault Frames(std::string name, std::string what, std::string bytes) {
  return {
      std::move(name), std::move(what), Layer::kFrames, {Send(SwitchingProtocols()), Send(std::move(bytes)), Serve()}};
}

Fault Flood(std::string name, std::string what, std::string begin, std::string bytes) {
  return {std::move(name),
          std::move(what),
          Layer::kFrames,
          {Send(SwitchingProtocols()), Send(std::move(begin)), Repeat(std::move(bytes))}};
}

std::string Times(int count, const std::string& bytes) {
  std::string all;
  for (int i = 0; i < count; ++i) all += bytes;
  return all;
}

// A header with a length in 8 bytes, which `top` are the first of.
std::string WithLength64(std::uint8_t first, std::uint8_t top, const std::string& rest) {
  return std::string(1, static_cast<char>(first)) + "\x7F" + static_cast<char>(top) + rest;
}

// A stream (RFC 1951, 3.2.6) that expands to 158 times its size: a zero, and `repeats` times the 258 before.
std::string Bomb(int repeats) {
  std::string bits =
      "010"
      "00110000";
  for (int i = 0; i < repeats; ++i)
    bits +=
        "11000101"
        "00000";
  std::string bytes(bits.size() / 8, '\0');
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    if (bits[i] == '1') bytes[i / 8] = static_cast<char>(bytes[i / 8] | 1 << i % 8);
  }
  return bytes;
}

std::vector<Fault> Headers() {
  const std::string none(7, '\0');
  return {
      Frames("masked", "a masked frame", std::string("\x81\x82\x01\x02\x03\x04hi", 8)),
      Frames("rsv1", "RSV1 without an extension", Frame(0xC1, "hi")),
      Frames("rsv2", "RSV2", Frame(0xA1, "hi")),
      Frames("rsv3", "RSV3", Frame(0x91, "hi")),
      Frames("rsv1-on-ping", "RSV1 on a ping", Frame(0xC9, "hi")),
      Frames("opcode-3", "a data frame of a reserved opcode", Frame(0x83, "hi")),
      Frames("opcode-b", "a control frame of a reserved opcode", Frame(0x8B, "hi")),
      Frames("ping-fragmented", "a ping in fragments", Frame(0x09, "hi")),
      Frames("ping-too-long", "a ping of 126 bytes", Frame(kPingFrame, std::string(126, 'p'))),
      Frames("close-too-long", "a close frame of 126 bytes", CloseFrame(1000, std::string(124, 'c'))),
      Frames("continuation-of-nothing", "a continuation of nothing", Frame(kContinuationEnd, "hi")),
      Frames("text-inside-message", "a text frame inside a message in fragments",
             Frame(kTextBegin, "he") + Frame(kTextFrame, "hi")),
      Frames("length-126-for-5", "a length of 5 in two bytes", std::string("\x81\x7E\x00\x05hello", 9)),
      Frames("length-127-for-5", "a length of 5 in eight bytes",
             WithLength64(kTextFrame, 0, none.substr(1) + "\x05hello")),
      Frames("length-high-bit", "a length with the highest bit set", WithLength64(kTextFrame, 0x80, none)),
      Frames("length-2-62", "a frame of 2^62 bytes announced", WithLength64(kTextFrame, 0x40, none)),
  };
}

std::vector<Fault> Texts() {
  return {
      Frames("utf8-invalid", "text that is not UTF-8", Frame(kTextFrame, "a\xFF\xFE")),
      Frames("utf8-overlong", "an overlong form", Frame(kTextFrame, "\xC0\xAF")),
      Frames("utf8-surrogate", "a surrogate", Frame(kTextFrame, "\xED\xA0\x80")),
      Frames("utf8-cut-short", "text that ends in a character", Frame(kTextFrame, "a\xE2\x82")),
      Frames("utf8-split", "fragments that together are not UTF-8",
             Frame(kTextBegin, "a\xE2") + Frame(kContinuationEnd, "\x28\xA1")),
  };
}

std::vector<Fault> Compressed() {
  const std::string agreed = SwitchingProtocols("Sec-WebSocket-Extensions: permessage-deflate\r\n");
  return {
      {"deflate-bomb",
       "a compressed message that expands to 40 MB",
       Layer::kFrames,
       {Send(agreed), Send(Frame(0xC1, Bomb(160'000))), Serve()}},
      {"deflate-noise",
       "a compressed message that is none",
       Layer::kFrames,
       {Send(agreed), Send(Frame(0xC1, "\xFF\xFF\xFF\xFF")), Serve()}},
      {"deflate-rsv1-on-continuation",
       "RSV1 on a continuation (RFC 7692, 6.1)",
       Layer::kFrames,
       {Send(agreed), Send(Frame(kTextBegin, "he") + Frame(0xC0, "hi")), Serve()}},
  };
}

std::vector<Fault> Floods() {
  const std::string megabyte(1 << 20, 'x');
  return {
      Flood("message-too-large", "a message over the limit of the agent",
            WithLength64(kTextFrame, 0, std::string("\0\0\0\x20\0\0\0", 7)), megabyte),
      Flood("fragments-too-large", "a message in fragments over the limit of the agent", Frame(kTextBegin, "x"),
            Frame(kContinuation, megabyte)),
      Flood("fragments-empty", "empty fragments without end", Frame(kTextBegin, ""),
            Times(4096, Frame(kContinuation, ""))),
      Flood("fragments-of-one-byte", "fragments of one byte without end", Frame(kTextBegin, ""),
            Times(4096, Frame(kContinuation, "x"))),
      Flood("ping-flood", "pings without end", "", Times(4096, Frame(kPingFrame, "p"))),
      Flood("pong-flood", "pongs that nobody asked for, without end", "", Times(4096, Frame(kPongFrame, "p"))),
      Flood("message-flood", "messages without end", "", Times(256, Event("noise"))),
  };
}

}  // namespace

std::vector<Fault> FrameFaults() {
  std::vector<Fault> faults;
  for (auto part : {Headers, Texts, Compressed, Floods}) {
    for (Fault& fault : part()) faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace wsfleet::hostile
