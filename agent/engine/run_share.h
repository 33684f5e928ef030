#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/now.h"

namespace wsfleet::engine {

// What the run of a shard has of the limits of its job; absent: no limit.
struct ShareLimits {
  std::optional<std::uint32_t> connections;   // at once
  std::optional<double> sessions_per_second;  // above 0
};

// Keeps a run to its share. Belongs to the engine's thread.
class RunShare {
 public:
  explicit RunShare(ShareLimits limits) : limits_(limits) {}

  // For a connection that is about to be made, to be held as long as it is there. Null: there are as many as may be.
  std::shared_ptr<void> TakeConnection() {
    if (limits_.connections && connections_.use_count() > static_cast<long>(*limits_.connections)) return nullptr;
    return {connections_, connections_.get()};
  }
  std::uint32_t max_connections() const { return limits_.connections.value_or(0); }

  // When the session that comes next may begin; each is asked for once. None may begin before its time because others
  // were late.
  SteadyTime NextSession(SteadyTime now) {
    if (!limits_.sessions_per_second) return now;
    const SteadyTime at = std::max(now, next_session_);
    next_session_ = at + absl::Seconds(1) / *limits_.sessions_per_second;
    return at;
  }

 private:
  const ShareLimits limits_;
  const std::shared_ptr<int> connections_ = std::make_shared<int>();  // each that is held is a further owner
  SteadyTime next_session_;
};

}  // namespace wsfleet::engine
