#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/session/expectation.h"

namespace wsfleet {

// The part that all expectations have in common: puts frames, deadlines and the end of the connection into the order in
// which they happened and shows them one by one, until one of them decides.
class FrameJudge : public Expectation {
 public:
  Judgement Judge(Inbox& inbox, SteadyTime now) final;
  bool MayUse(const ReceivedFrame& frame) const final {
    return frame.number > shown_ || (InWindow(frame) && Remembers(frame));
  }

 protected:
  explicit FrameJudge(const Anchor& anchor) : anchor_(anchor) {}

  // When something is decided although nothing comes. A frame received at that very moment is still in time.
  virtual SteadyTime deadline() const = 0;
  // A frame of the window, at or before deadline(). May take frames out of the inbox; `frame` is then gone.
  virtual void OnFrame(const ReceivedFrame& frame, Inbox& inbox) = 0;
  // Whether a frame of the window that has been shown may still decide something, or explain a failure.
  virtual bool Remembers(const ReceivedFrame& frame) const = 0;
  // deadline() has passed: decides, or moves it on.
  virtual void OnDeadline(Inbox& inbox) = 0;
  // No further frame will come: decides.
  virtual void OnEnd(const ConnectionEnd& end, Inbox& inbox) = 0;

  void Hold(std::vector<MatchedMessage> matched);
  void Fail(Failure failure, std::vector<MatchedMessage> matched);

  // Whether the selector selects the frame. One that it leaves open is not selected, and remembered.
  bool Selects(const Selector& selector, const ReceivedFrame& frame);
  // For what would be otherwise if a frame that was left open had been selected: then neither the target has failed nor
  // has the step held. The failure is ours (`config`).
  void HoldUnlessOpen(std::vector<MatchedMessage> matched);
  void FailUnlessOpen(Failure failure, std::vector<MatchedMessage> matched);

  const Anchor& anchor() const { return anchor_; }
  // Whether the step looks at this frame.
  bool InWindow(const ReceivedFrame& frame) const { return anchor_.whole_inbox || frame.at >= anchor_.frames_after; }

 private:
  // Lets every deadline strike that lies before `time` or, if so told, at it.
  void PassDeadlines(SteadyTime time, bool inclusive, Inbox& inbox);

  Anchor anchor_;
  std::uint64_t shown_ = 0;  // frames up to this number have been shown
  std::string open_;         // which frame was left open first, and why; empty: none
  std::optional<Judgement> decision_;
};

}  // namespace wsfleet
