#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace wsfleet::coordinator {

// At most so many at once. Thread-safe. A slot is given back when its last holder goes.
class Slots {
 public:
  using Slot = std::shared_ptr<void>;

  explicit Slots(std::size_t limit) : limit_(limit) {}

  // Null: all are taken. Outlives no slot.
  Slot Take() {
    if (taken_.fetch_add(1) >= limit_) {
      --taken_;
      return nullptr;
    }
    return Slot(this, [](Slots* slots) { --slots->taken_; });
  }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> taken_ = 0;
};

}  // namespace wsfleet::coordinator
