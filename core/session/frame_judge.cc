#include "core/session/frame_judge.h"

#include <utility>

namespace wsfleet {

Judgement FrameJudge::Judge(Inbox& inbox, SteadyTime now) {
  while (!decision_) {
    const ReceivedFrame* frame = inbox.FirstAfter(shown_);
    if (frame == nullptr) break;
    if (InWindow(*frame)) {
      PassDeadlines(frame->at, /*inclusive=*/false, inbox);
      if (decision_) break;
      shown_ = frame->number;
      OnFrame(*frame, inbox);
    } else {
      shown_ = frame->number;
    }
  }
  if (!decision_ && inbox.end()) {
    PassDeadlines(inbox.end()->at, /*inclusive=*/false, inbox);
    if (!decision_) OnEnd(*inbox.end(), inbox);
  }
  if (!decision_) PassDeadlines(now, /*inclusive=*/true, inbox);
  if (decision_) return *decision_;
  Judgement pending;
  pending.wake_at = deadline();
  return pending;
}

void FrameJudge::PassDeadlines(SteadyTime time, bool inclusive, Inbox& inbox) {
  while (!decision_ && (deadline() < time || (inclusive && deadline() == time))) OnDeadline(inbox);
}

void FrameJudge::Hold(std::vector<MatchedMessage> matched) {
  decision_.emplace();
  decision_->state = Judgement::State::kHolds;
  decision_->matched = std::move(matched);
}

void FrameJudge::Fail(Failure failure, std::vector<MatchedMessage> matched) {
  decision_.emplace();
  decision_->state = Judgement::State::kFailed;
  decision_->failure = std::move(failure);
  decision_->matched = std::move(matched);
}

}  // namespace wsfleet
