#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/base/now.h"

namespace wsfleet::fleet {

// What is due when. Each key has at most one deadline. Keys that are due at the same time come in their own order, so
// that a run can be repeated exactly.
template <typename Key>
class DeadlineSet {
 public:
  // Replaces an earlier deadline of the key. A deadline that never comes is none.
  void Set(const Key& key, SteadyTime due) {
    Clear(key);
    if (due == SteadyTime::Infinite()) return;
    by_key_.emplace(key, due);
    by_time_.emplace(due, key);
  }

  void Clear(const Key& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    by_time_.erase({found->second, key});
    by_key_.erase(found);
  }

  std::optional<SteadyTime> DueTime(const Key& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? std::nullopt : std::optional(found->second);
  }

  // Takes out one key that is due. One at a time, because acting on it may clear others.
  std::optional<Key> PopDue(SteadyTime now) {
    if (by_time_.empty() || now < by_time_.begin()->first) return std::nullopt;
    Key key = by_time_.begin()->second;
    Clear(key);
    return key;
  }

  SteadyTime Next() const { return by_time_.empty() ? SteadyTime::Infinite() : by_time_.begin()->first; }

 private:
  std::map<Key, SteadyTime> by_key_;
  std::set<std::pair<SteadyTime, Key>> by_time_;
};

}  // namespace wsfleet::fleet
