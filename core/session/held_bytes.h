#pragma once

#include <cstdint>
#include <string>

#include "fmt/format.h"

namespace wsfleet {

// The bytes of messages that connections hold: of those that wait in inboxes, and of the parts that have come of
// others. Each connection has bounds of its own; this one is over all of them. Not thread-safe.
struct HeldBytes {
  std::uint64_t most = std::uint64_t{256} << 20;
  std::uint64_t held = 0;

  bool is_too_much() const { return held > most; }
  std::string TooMuch() const {
    return fmt::format(
        "the messages that all connections of this agent hold are more than {} MiB; run fewer sessions at once, or "
        "consume what arrives",
        most >> 20);
  }
};

// What one of them holds; nothing any more at the end of its life. `all` must outlive it; null: nobody counts.
class HeldShare {
 public:
  explicit HeldShare(HeldBytes* all) : all_(all) {}
  ~HeldShare() { Set(0); }
  HeldShare(const HeldShare&) = delete;
  HeldShare& operator=(const HeldShare&) = delete;

  void Set(std::uint64_t bytes) {
    if (all_ != nullptr) all_->held = all_->held - bytes_ + bytes;
    bytes_ = bytes;
  }
  // Null unless all of them together hold too much.
  const HeldBytes* too_much() const { return all_ != nullptr && all_->is_too_much() ? all_ : nullptr; }

 private:
  HeldBytes* all_;
  std::uint64_t bytes_ = 0;
};

}  // namespace wsfleet
