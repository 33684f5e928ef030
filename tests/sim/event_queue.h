#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "core/base/now.h"

namespace wsfleet::sim {

// The only clock of a simulation: what happens next, by time and then by the order in which it was asked for.
class EventQueue {
 public:
  SteadyTime now() const { return now_; }
  // Both clocks. The wall's runs evenly, unless somebody sets it.
  Now clock() const { return {now_, absl::FromUnixSeconds(1'700'000'000) + now_.since_start + wall_moved_}; }
  void MoveWall(absl::Duration by) { wall_moved_ += by; }

  void At(SteadyTime time, std::function<void()> what) {
    waiting_.emplace(std::pair(std::max(time, now_), next_++), std::move(what));
  }
  void After(absl::Duration wait, std::function<void()> what) { At(now_ + wait, std::move(what)); }

  // Runs what is next. False if nothing is.
  bool Step() {
    if (waiting_.empty()) return false;
    auto next = waiting_.extract(waiting_.begin());
    now_ = next.key().first;
    next.mapped()();
    return true;
  }

 private:
  SteadyTime now_;
  absl::Duration wall_moved_;
  std::uint64_t next_ = 0;
  std::map<std::pair<SteadyTime, std::uint64_t>, std::function<void()>> waiting_;
};

}  // namespace wsfleet::sim
