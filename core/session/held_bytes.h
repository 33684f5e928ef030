#pragma once

#include <cstdint>
#include <string>

#include "fmt/format.h"

namespace wsfleet {

// The memory of messages that connections hold: of those that wait in inboxes, with what is made of them to compare
// them, and of the parts that have come of others. Each connection has bounds of its own; this one is over all of them.
// Not thread-safe.
struct HeldBytes {
  std::uint64_t most = std::uint64_t{256} << 20;
  std::uint64_t held = 0;
  std::uint64_t shares = 0;

  bool is_too_much() const { return held > most; }
  std::string TooMuch() const {
    return fmt::format(
        "the messages that all connections of this agent hold take more than {} MiB of its memory; run fewer sessions "
        "at "
        "once, or consume what arrives",
        most >> 20);
  }
};

// What one of them holds; nothing any more at the end of its life. `all` must outlive it; null: nobody counts.
class HeldShare {
 public:
  explicit HeldShare(HeldBytes* all) : all_(all) {
    if (all_ != nullptr) ++all_->shares;
  }
  ~HeldShare() {
    Set(0);
    if (all_ != nullptr) --all_->shares;
  }
  HeldShare(const HeldShare&) = delete;
  HeldShare& operator=(const HeldShare&) = delete;

  void Set(std::uint64_t bytes) {
    if (all_ != nullptr) all_->held = all_->held - bytes_ + bytes;
    bytes_ = bytes;
  }
  // Null unless all of them together hold too much, and this one no small part of it: whoever receives a few bytes is
  // not ended for what others hold, and all of those who are not take half as much again at most.
  const HeldBytes* too_much() const {
    return all_ != nullptr && all_->is_too_much() && bytes_ >= all_->most / (2 * all_->shares) ? all_ : nullptr;
  }

 private:
  HeldBytes* all_;
  std::uint64_t bytes_ = 0;
};

}  // namespace wsfleet
