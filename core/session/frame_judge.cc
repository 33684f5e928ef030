#include "core/session/frame_judge.h"

#include <utility>

#include "fmt/format.h"

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

bool FrameJudge::Selects(const Selector& selector, const ReceivedFrame& frame) {
  std::string limit;
  const Selected selected = Select(selector, frame.payload, &limit);
  if (selected == Selected::kOpen && open_.empty()) {
    open_ = fmt::format("frame {} could not be judged ({})", frame.number, limit);
  }
  return selected == Selected::kYes;
}

void FrameJudge::HoldUnlessOpen(std::vector<MatchedMessage> matched) {
  if (open_.empty()) return Hold(std::move(matched));
  Failure failure;
  failure.phase = Phase::kMessage;
  failure.failure_class = FailureClass::kConfig;
  failure.beyond_limit = true;
  failure.message = fmt::format("{}, so that it is open whether it is one that must not come", open_);
  Fail(std::move(failure), std::move(matched));
}

void FrameJudge::FailUnlessOpen(Failure failure, std::vector<MatchedMessage> matched) {
  if (!open_.empty() && !IsOurs(failure.failure_class)) {
    failure.failure_class = FailureClass::kConfig;
    failure.beyond_limit = true;
    failure.message = fmt::format("{}; without it: {}", open_, failure.message);
  }
  Fail(std::move(failure), std::move(matched));
}

}  // namespace wsfleet
