#include "core/session/inbox.h"

#include <algorithm>
#include <utility>

namespace wsfleet {

bool Inbox::Fits(std::size_t bytes) const {
  return frames_.size() < limits_.max_frames && bytes <= limits_.max_bytes && bytes_ <= limits_.max_bytes - bytes;
}

bool Inbox::DropOldestControlFrame() {
  const auto oldest =
      std::ranges::find_if(frames_, IsControl, [](const ReceivedFrame& frame) { return frame.payload.opcode(); });
  if (oldest == frames_.end()) return false;
  SetBytes(bytes_ - oldest->payload.bytes().size());
  frames_.erase(oldest);
  return true;
}

bool Inbox::Push(ReceivedFrame frame) {
  const std::size_t bytes = frame.payload.bytes().size();
  while (!Fits(bytes)) {
    if (!DropOldestControlFrame()) return false;
  }
  SetBytes(bytes_ + bytes);
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
  SetBytes(bytes_ - taken.payload.bytes().size());
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
    SetBytes(bytes_ - frame.payload.bytes().size());
    if (!IsControl(frame.payload.opcode())) released.push_back(std::move(frame));
  }
  frames_ = std::move(kept);
  return released;
}

}  // namespace wsfleet
