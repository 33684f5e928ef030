#include "core/session/assignment.h"

namespace wsfleet {

bool Assignment::Add(std::uint64_t frame, const std::vector<std::size_t>& messages) {
  const auto [known, is_new] = could_be_.try_emplace(frame);
  known->second.insert(known->second.end(), messages.begin(), messages.end());
  if (!is_new) return false;
  std::vector<bool> tried(frame_of_.size());
  if (!FindPlace(frame, tried)) {
    could_be_.erase(known);
    return false;
  }
  ++size_;
  return true;
}

// Each message is tried once, so the recursion is no deeper than there are messages.
bool Assignment::FindPlace(std::uint64_t frame, std::vector<bool>& tried) {
  const std::vector<std::size_t>& messages = could_be_.at(frame);
  for (const std::size_t message : messages) {
    if (frame_of_[message] || tried[message]) continue;
    frame_of_[message] = frame;
    return true;
  }
  for (const std::size_t message : messages) {
    if (tried[message]) continue;
    tried[message] = true;
    if (FindPlace(*frame_of_[message], tried)) {
      frame_of_[message] = frame;
      return true;
    }
  }
  return false;
}

}  // namespace wsfleet
