#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "grpcpp/support/status.h"

namespace wsfleet::coordinator {

// What a caller is told for whom there is no slot, or no place on a full queue.
inline grpc::Status Busy() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the coordinator answers too many requests; try again"};
}

// At most so many at once; the others wait in line. Thread-safe. A slot is given back when its last holder goes.
class Slots {
 public:
  using Slot = std::shared_ptr<void>;
  using Then = std::function<void(Slot)>;

  Slots(std::size_t limit, std::size_t max_waiting) : free_(limit), max_waiting_(max_waiting) {}

  // Who waits is forgotten, and so is who asks from now on.
  void Close() {
    std::deque<Then> dropped;
    const std::lock_guard lock(mutex_);
    dropped.swap(waiting_);
    closed_ = true;
  }

  // Calls `then` with a slot: at once, or later, in the order of the calls, on the thread that gives one back; so it
  // must only post. False, and it is not called: too many wait. Outlives every slot.
  bool Take(Then then) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return false;
      if (free_ == 0) {
        if (waiting_.size() == max_waiting_) return false;
        waiting_.push_back(std::move(then));
        return true;
      }
      --free_;
    }
    then(MakeSlot());
    return true;
  }

 private:
  Slot MakeSlot() {
    return Slot(this, [](Slots* slots) { slots->GiveBack(); });
  }

  void GiveBack() {
    Then next;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) {
        ++free_;
        return;
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    next(MakeSlot());
  }

  std::mutex mutex_;
  std::size_t free_;
  const std::size_t max_waiting_;
  bool closed_ = false;
  std::deque<Then> waiting_;
};

}  // namespace wsfleet::coordinator
