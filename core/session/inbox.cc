#include "core/session/inbox.h"

#include <algorithm>
#include <utility>

namespace wsfleet {

bool Inbox::Fits(std::size_t bytes) const {
  return frames_.size() < limits_.max_frames && bytes <= limits_.max_bytes && bytes_ <= limits_.max_bytes - bytes;
}

void Inbox::Note(const Payload& added) {
  bytes_ += added.bytes().size();
  held_.Set(held_bytes_ += added.held_bytes());
}

void Inbox::Forget(const Payload& removed) {
  bytes_ -= removed.bytes().size();
  held_.Set(held_bytes_ -= removed.held_bytes());
}

bool Inbox::DropOldestControlFrame() {
  const auto oldest =
      std::ranges::find_if(frames_, IsControl, [](const ReceivedFrame& frame) { return frame.payload.opcode(); });
  if (oldest == frames_.end()) return false;
  Forget(oldest->payload);
  frames_.erase(oldest);
  return true;
}

bool Inbox::Push(ReceivedFrame frame) {
  const std::size_t bytes = frame.payload.bytes().size();
  while (!Fits(bytes)) {
    if (!DropOldestControlFrame()) return false;
  }
  Note(frame.payload);
  frames_.push_back(std::move(frame));
  return true;
}

void Inbox::End(ConnectionEnd end) {
  if (!end_) end_ = std::move(end);
}

const ReceivedFrame* Inbox::FirstAfter(std::uint64_t number) const {
  const auto next = std::ranges::upper_bound(frames_, number, {}, &ReceivedFrame::number);
  return next == frames_.end() ? nullptr : &*next;
}

std::optional<ReceivedFrame> Inbox::Take(std::uint64_t number) {
  const auto found = std::ranges::lower_bound(frames_, number, {}, &ReceivedFrame::number);
  if (found == frames_.end() || found->number != number) return std::nullopt;
  ReceivedFrame taken = std::move(*found);
  Forget(taken.payload);
  frames_.erase(found);
  return taken;
}

std::vector<ReceivedFrame> Inbox::Release(SteadyTime anchor) {
  return ReleaseIf([anchor](const ReceivedFrame& frame) { return frame.at < anchor; });
}

std::vector<ReceivedFrame> Inbox::ReleaseIf(const std::function<bool(const ReceivedFrame&)>& useless) {
  std::vector<ReceivedFrame> released;
  std::deque<ReceivedFrame> kept;
  for (ReceivedFrame& frame : frames_) {
    if (!useless(frame)) {
      kept.push_back(std::move(frame));
      continue;
    }
    Forget(frame.payload);
    if (!IsControl(frame.payload.opcode())) released.push_back(std::move(frame));
  }
  frames_ = std::move(kept);
  return released;
}

}  // namespace wsfleet
