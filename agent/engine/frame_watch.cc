#include "agent/engine/frame_watch.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

constexpr std::uint8_t kFin = 0x80, kOpcode = 0x0F, kControl = 0x08, kClose = 0x08, kPong = 0x0A, kMask = 0x80,
                       kLength = 0x7F;
// Of the data frames, and of the control frames, from here on.
constexpr std::uint8_t kReserved = 0x07, kFirstReserved = 0x03;
constexpr std::size_t kMaxControlPayload = 125;

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

// Whether the code may stand in a frame (RFC 6455, 7.4, and IANA's registry for 1012 to 1014).
bool MayStandInAFrame(std::uint16_t code) {
  if (code >= 1000 && code <= 1014) return code != 1004 && code != 1005 && code != 1006;
  return code >= 3000 && code <= 4999;
}

}  // namespace

std::size_t FrameWatch::Take(std::string_view bytes, SteadyTime now) {
  std::size_t taken = 0;
  while (taken < bytes.size() && problem_ == Problem::kNone) {
    if (payload_left_ > 0) {
      // One at a time while a problem may be in them.
      const std::size_t most = in_close_ ? 1 : bytes.size() - taken;
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, most));
      payload_left_ -= part;
      OnPayload(bytes.substr(taken, part));
      taken += part;
      continue;
    }
    header_ += bytes[taken++];
    // At once: the target may let everybody wait for what stands behind it.
    if (std::string broken = BrokenByLastByte(); !broken.empty()) {
      Fail(Problem::kBroken, std::move(broken));
    } else if (header_.size() == HeaderSize()) {
      OnHeader(now);
      header_.clear();
    }
  }
  return problem_ == Problem::kNone || taken == 0 ? taken : taken - 1;
}

std::size_t FrameWatch::HeaderSize() const {
  if (header_.size() < 2) return 0;
  const auto second = static_cast<std::uint8_t>(header_[1]);
  const std::size_t length = (second & kLength) == 127 ? 8 : (second & kLength) == 126 ? 2 : 0;
  return 2 + length;
}

// RFC 6455, 5.1 and 5.2.
std::string FrameWatch::BrokenByLastByte() const {
  const auto byte = static_cast<std::uint8_t>(header_.back());
  if (header_.size() == 1 && (byte & kReserved) >= kFirstReserved) {
    return fmt::format("a frame has the reserved opcode {:#x}", byte & kOpcode);
  }
  if (header_.size() == 2 && (byte & kMask) != 0) return "a frame of the server is masked";
  const bool is_first_of_length = header_.size() == 3 && (static_cast<std::uint8_t>(header_[1]) & kLength) == 127;
  return is_first_of_length && (byte >> 7) != 0 ? "the highest bit of a frame's length is set" : "";
}

void FrameWatch::OnHeader(SteadyTime now) {
  const auto first = static_cast<std::uint8_t>(header_[0]);
  const auto second = static_cast<std::uint8_t>(header_[1]);
  const std::uint8_t length = second & kLength;
  payload_left_ = length;
  if (length == 126) payload_left_ = BigEndian(std::string_view(header_).substr(2, 2));
  if (length == 127) payload_left_ = BigEndian(std::string_view(header_).substr(2, 8));
  if ((first & kControl) != 0) {
    in_close_ = (first & kOpcode) == kClose && payload_left_ <= kMaxControlPayload;
    if (in_close_) close_payload_.clear();
    return OnControlFrame(first & kOpcode, now);
  }
  in_close_ = false;
  if (++fragments_ > kMaxFragments) {
    return Fail(Problem::kTooMuch,
                fmt::format("a message of more than {} fragments arrived; this agent takes no more", kMaxFragments));
  }
  if ((first & kFin) != 0) fragments_ = 0;
}

void FrameWatch::OnControlFrame(std::uint8_t opcode, SteadyTime now) {
  if (opcode == kPong && pongs_due_ > 0) {
    --pongs_due_;
    return;
  }
  if (last_control_) {
    const double passed = absl::ToDoubleSeconds(now - *last_control_);
    control_frames_ = std::max(0.0, control_frames_ - passed * kControlFramesPerSecond);
  }
  last_control_ = now;
  if (++control_frames_ <= kControlFrames) return;
  Fail(Problem::kTooMuch, fmt::format("pings and pongs arrived at more than {} a second; this agent takes no more",
                                      kControlFramesPerSecond));
}

void FrameWatch::OnPayload(std::string_view bytes) {
  if (!in_close_) return;
  close_payload_.append(bytes);
  if (close_payload_.size() != 2) return;
  const auto code = static_cast<std::uint16_t>(BigEndian(close_payload_));
  if (MayStandInAFrame(code)) return;
  Fail(Problem::kBroken, fmt::format("a close frame carries the close code {}, which may not stand in one", code));
}

std::optional<FrameWatch::Close> FrameWatch::close() const {
  if (!in_close_ || payload_left_ > 0 || close_payload_.size() < 2) return std::nullopt;
  Close close;
  close.code = static_cast<std::uint16_t>(BigEndian(std::string_view(close_payload_).substr(0, 2)));
  const std::string_view reason = std::string_view(close_payload_).substr(2);
  if (IsValidUtf8(reason)) close.reason = reason;
  return close;
}

void FrameWatch::Fail(Problem problem, std::string what) {
  problem_ = problem;
  what_ = std::move(what);
}

}  // namespace wsfleet::engine
