#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/session/awaited_message.h"
#include "core/session/frame_judge.h"

namespace wsfleet {

// What both expectations of messages are told.
struct MessagesPlan {
  std::vector<AwaitedMessage> messages;  // not empty
  std::string_view since;                // id of the step that the anchor is, or empty
  SteadyTime deadline;                   // of the step
  Unique unique;
  bool strict = false;
};

// expect (a sequence of one) and expect_seq: each message is the earliest frame after the one before that its selector
// matches; other frames may come between unless it is strict.
class ExpectSequence final : public FrameJudge {
 public:
  // Binds the first message.
  static absl::StatusOr<std::unique_ptr<Expectation>> Make(MessagesPlan plan, const Anchor& anchor,
                                                           CaptureScope& scope);

 private:
  ExpectSequence(MessagesPlan plan, const Anchor& anchor, CaptureScope& scope)
      : FrameJudge(anchor), plan_(std::move(plan)), scope_(scope) {}

  SteadyTime deadline() const override;
  void OnFrame(const ReceivedFrame& frame, Inbox& inbox) override;
  bool Remembers(const ReceivedFrame& frame) const override;
  void OnDeadline(Inbox& inbox) override;
  void OnEnd(const ConnectionEnd& end, Inbox& inbox) override;

  bool complete() const { return next_ == plan_.messages.size(); }
  void Accept(const ReceivedFrame& frame, Inbox& inbox);
  void Advance(Inbox& inbox);
  // The matched message whose selector also matches this frame.
  std::optional<std::size_t> DuplicateOf(const ReceivedFrame& frame);
  void FailDuplicate(std::size_t message, const ReceivedFrame& frame);
  void FailWithNotes(Failure failure);

  MessagesPlan plan_;
  CaptureScope& scope_;
  // Of the messages after `next_`, as far as they need no capture of this step; made when first asked for.
  mutable std::vector<std::optional<Selector>> early_;
  std::size_t next_ = 0;              // the message that is waited for
  std::vector<ReceivedFrame> taken_;  // of the messages before it
  std::vector<MatchedMessage> matched_;
};

}  // namespace wsfleet
