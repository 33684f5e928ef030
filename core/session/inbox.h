#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/now.h"
#include "core/match/selector.h"
#include "core/scenario/suite.h"
#include "core/session/held_bytes.h"

namespace wsfleet {

// A frame (a whole message, or a ping or pong) as it was received.
struct ReceivedFrame {
  std::uint64_t number = 0;  // of the connection, from 1
  SteadyTime at;             // stamped on receipt
  Payload payload;
};

// How a connection ended. 1006: TCP ended without a close frame (RFC 6455, 7.1.5).
struct ConnectionEnd {
  std::uint16_t code = 1006;
  std::string reason;
  SteadyTime at;
  bool asked_for = false;  // our own close or drop
};

// The frames of one connection that no step has consumed yet, bounded. An expectation looks at all of them, or at those
// received after its anchor, and takes what it matches out. Not thread-safe; belongs to its session.
class Inbox {
 public:
  // `all`: of all inboxes, may be null; must outlive it.
  explicit Inbox(InboxLimits limits, HeldBytes* all = nullptr) : limits_(limits), held_(all) {}

  // Frames come in the order of their numbers. False if the frame does not fit: the inbox is full
  // (`inbox-overflow`). Pings and pongs make room for it first, the oldest before the others: few selectors look at
  // them, and a target that pings for hours must not fill the inbox.
  [[nodiscard]] bool Push(ReceivedFrame frame);
  // The first end stays.
  void End(ConnectionEnd end);

  const std::deque<ReceivedFrame>& frames() const { return frames_; }
  const std::optional<ConnectionEnd>& end() const { return end_; }

  // The first frame whose number is greater; null if there is none. Valid until the inbox changes.
  const ReceivedFrame* FirstAfter(std::uint64_t number) const;

  // Takes out the frame of this number; nothing, or false, if it is not there (any more).
  std::optional<ReceivedFrame> Take(std::uint64_t number);
  bool Consume(std::uint64_t number) { return Take(number).has_value(); }

  // Takes out and returns the frames that no later step can look at: those received before `anchor`. They are judged by
  // `unexpected`. Pings and pongs among them are dropped silently.
  std::vector<ReceivedFrame> Release(SteadyTime anchor);
  // The same for frames of which `useless` says so.
  std::vector<ReceivedFrame> ReleaseIf(const std::function<bool(const ReceivedFrame&)>& useless);

  const HeldShare& held() const { return held_; }

  // Whether Push would take the frame without making room.
  bool Fits(const ReceivedFrame& frame) const { return Fits(frame.payload.bytes().size()); }

 private:
  bool Fits(std::size_t bytes) const;
  bool DropOldestControlFrame();
  void Note(const Payload& added);
  void Forget(const Payload& removed);

  InboxLimits limits_;
  std::deque<ReceivedFrame> frames_;
  std::uint64_t bytes_ = 0;       // of payloads: what has a limit here
  std::uint64_t held_bytes_ = 0;  // in memory: what all inboxes have one of
  HeldShare held_;
  std::optional<ConnectionEnd> end_;
};

}  // namespace wsfleet
