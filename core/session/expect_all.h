#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/session/assignment.h"
#include "core/session/expect_sequence.h"
#include "core/session/frame_judge.h"

namespace wsfleet {

// expect_all: each message is a frame of its own, in any order. Frames are judged as they come, like those of expect:
// as soon as one can only be assigned so that some message gets a frame it complains of, the step fails. Until then
// there is an assignment of all those frames without a complaint, and each of them is taken.
class ExpectAll final : public FrameJudge {
 public:
  // Binds all messages.
  static absl::StatusOr<std::unique_ptr<Expectation>> Make(MessagesPlan plan, const Anchor& anchor,
                                                           CaptureScope& scope);

 private:
  ExpectAll(MessagesPlan plan, const Anchor& anchor, CaptureScope& scope)
      : FrameJudge(anchor),
        plan_(std::move(plan)),
        scope_(scope),
        selected_(plan_.messages.size()),
        accepted_(plan_.messages.size()) {}

  SteadyTime deadline() const override;
  void OnFrame(const ReceivedFrame& frame, Inbox& inbox) override;
  bool Remembers(const ReceivedFrame& frame) const override;
  void OnDeadline(Inbox& inbox) override;
  void OnEnd(const ConnectionEnd& end, Inbox& inbox) override;

  bool complete() const { return accepted_.size() == plan_.messages.size(); }
  void Conclude();
  void FailDuplicate(std::size_t message, const ReceivedFrame& frame);
  void FailComplaint(const ReceivedFrame& frame, const std::vector<std::size_t>& could_be);
  void FailMissing(std::size_t message, Assignment without_it, Inbox& inbox);
  std::vector<MatchedMessage> MatchedIn(const Assignment& assignment) const;
  // The taken frames assigned to as many as possible of the messages whose deadline is not after `until`.
  Assignment AssignDue(SteadyTime until) const;

  MessagesPlan plan_;
  CaptureScope& scope_;
  Assignment selected_;  // by `match`
  Assignment accepted_;  // by `match`, and nothing to complain of; of the same frames
  std::map<std::uint64_t, ReceivedFrame> taken_;
  SteadyTime last_match_;
  SteadyTime passed_{-absl::InfiniteDuration()};  // deadlines up to here are met
};

}  // namespace wsfleet
