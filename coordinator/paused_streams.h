#pragma once

#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "coordinator/fleet/events.h"
#include "coordinator/store_thread.h"

namespace wsfleet::coordinator {

// Streams whose results wait: while the store is behind with what agents have reported, since whoever read on would
// only fill memory, and while many leases are given at once, since the last agents would wait for the results of the
// first; there is an end to that, for who has not reported has no room for more. Their senders are held back by the
// streams' own flow control. Runs on the fleet strand.
class PausedStreams {
 public:
  static constexpr std::size_t kMaxQueued = StoreThread::kMaxQueued / 4;
  static constexpr std::size_t kMaxBytes = 64 << 20;
  static constexpr std::size_t kManyLeases = 256;  // of one commit

  using Paused = std::pair<fleet::StreamId, std::function<void()>>;  // the stream, and what reads it on

  static bool IsBehind(const StoreThread::Backlog& backlog) {
    return backlog.queued > kMaxQueued || backlog.bytes > kMaxBytes;
  }

  void Add(fleet::StreamId stream, std::function<void()> then) { paused_.emplace_back(stream, std::move(then)); }
  void Clear() {
    paused_.clear();
    dispatches_.clear();
  }

  void OnPersist(fleet::CommitId commit, std::size_t leases) {
    if (leases >= kManyLeases) dispatches_.insert(commit);
  }
  // The assignments of this commit are on their way.
  void OnPersisted(fleet::CommitId commit) { dispatches_.erase(commit); }
  bool is_dispatching() const { return !dispatches_.empty(); }

  // Those that may be read again: all, once half of what the store may have before it is done.
  std::vector<Paused> TakeAllIfCaughtUp(const StoreThread::Backlog& backlog) {
    if (is_dispatching() || backlog.queued > kMaxQueued / 2 || backlog.bytes > kMaxBytes / 2) return {};
    return std::exchange(paused_, {});
  }

 private:
  std::vector<Paused> paused_;
  std::set<fleet::CommitId> dispatches_;
};

}  // namespace wsfleet::coordinator
