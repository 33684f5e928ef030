#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/now.h"

namespace wsfleet::engine {

// Follows the frames that a server sends, header by header, for what the WebSocket library does not check (RFC 6455,
// 5.2 and 7.4), and for floods that it would go on with for ever. Not thread-safe; belongs to its connection.
class FrameWatch {
 public:
  enum class Problem {
    kNone,
    kBroken,   // a frame that breaks RFC 6455
    kTooMuch,  // our limit, which says nothing of the target's conformance
  };
  static constexpr std::uint32_t kMaxFragments = 100'000;  // of a message, empty ones too
  // Pings, and pongs that answer none of ours: so many at once, and so many a second for as long as it may be.
  static constexpr double kControlFrames = 10'000;
  static constexpr double kControlFramesPerSecond = 1'000;

  // Bytes in the order of receipt, from the first one behind the 101. Returns how many of them may be used: all, or
  // those before the byte that made the problem. Nothing may be used after that.
  std::size_t Take(std::string_view bytes, SteadyTime now);

  // A pong may come for it.
  void OnPingSent() { ++pongs_due_; }

  Problem problem() const { return problem_; }
  // "a frame of …"; empty without a problem.
  const std::string& what() const { return what_; }

  struct Close {
    std::uint16_t code = 0;
    std::string reason;  // empty if it is not UTF-8
  };
  // The peer's close frame, once it has come as a whole.
  std::optional<Close> close() const;

 private:
  // 0: more bytes are needed.
  std::size_t HeaderSize() const;
  // What the last byte of the header breaks; empty if nothing.
  std::string BrokenByLastByte() const;
  void OnHeader(SteadyTime now);
  void OnControlFrame(std::uint8_t opcode, SteadyTime now);
  void OnPayload(std::string_view bytes);
  void Fail(Problem problem, std::string what);

  std::string header_;              // of the frame that begins
  std::uint64_t payload_left_ = 0;  // of the frame that is under way
  std::uint32_t fragments_ = 0;     // of the message that is under way
  bool in_close_ = false;
  std::string close_payload_;
  std::uint64_t pongs_due_ = 0;
  double control_frames_ = 0;  // above what the time allows
  std::optional<SteadyTime> last_control_;
  Problem problem_ = Problem::kNone;
  std::string what_;
};

}  // namespace wsfleet::engine
