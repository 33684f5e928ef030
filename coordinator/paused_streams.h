#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "coordinator/fleet/events.h"
#include "coordinator/store_thread.h"

namespace wsfleet::coordinator {

// Streams that are not read while the store is behind with what agents have reported: whoever read on would only fill
// memory. Their senders are held back by the streams' own flow control. Runs on the fleet strand.
class PausedStreams {
 public:
  static constexpr std::size_t kMaxQueued = StoreThread::kMaxQueued / 4;
  static constexpr std::size_t kMaxBytes = 64 << 20;

  using Paused = std::pair<fleet::StreamId, std::function<void()>>;  // the stream, and what reads it on

  static bool IsBehind(const StoreThread::Backlog& backlog) {
    return backlog.queued > kMaxQueued || backlog.bytes > kMaxBytes;
  }

  void Add(fleet::StreamId stream, std::function<void()> then) { paused_.emplace_back(stream, std::move(then)); }
  void Clear() { paused_.clear(); }

  // Those that may be read again: all, once half of what the store may have before it is done.
  std::vector<Paused> TakeAllIfCaughtUp(const StoreThread::Backlog& backlog) {
    if (backlog.queued > kMaxQueued / 2 || backlog.bytes > kMaxBytes / 2) return {};
    return std::exchange(paused_, {});
  }

 private:
  std::vector<Paused> paused_;
};

}  // namespace wsfleet::coordinator
