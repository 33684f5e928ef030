#include "agent/engine/run_share.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "fmt/format.h"

namespace wsfleet::engine {

RunShare::RunShare(ShareLimits limits, SteadyTime begun) : max_connections_(limits.connections) {
  if (limits.sessions_per_second) between_sessions_ = absl::Seconds(1) / *limits.sessions_per_second;
  for (const Budget& share : limits.shares) {
    shares_[share.name].connections = share.connections;
    const absl::Duration between = absl::Seconds(1) / std::max(share.sessions_per_second, 1U);
    between_sessions_ = std::max(between_sessions_.value_or(between), between);
  }
  if (!shares_.empty()) next_session_ = begun + *between_sessions_;
}

absl::StatusOr<std::shared_ptr<void>> RunShare::TakeConnection(const std::vector<BudgetName>& budgets) {
  const auto is_full = [](const Count& count, std::uint32_t most) {
    return count.use_count() > static_cast<std::int64_t>(most);
  };
  if (max_connections_ && is_full(connections_, *max_connections_)) {
    return absl::PermissionDeniedError(
        fmt::format("the run has {} connections on this agent, which is its share of what the fleet's policy allows "
                    "(limits.connections_per_run); use fewer sessions at once, or more agents",
                    *max_connections_));
  }
  std::vector<Count> held{connections_};
  for (const BudgetName& budget : budgets) {
    const auto share = shares_.find(budget);
    if (share == shares_.end()) {
      return absl::PermissionDeniedError(fmt::format(
          "the run has no share of budget {}, in which the fleet's policy counts connections to this target",
          budget.value()));
    }
    if (is_full(share->second.taken, share->second.connections)) {
      return absl::PermissionDeniedError(
          fmt::format("the run has {} connections on this agent to targets of budget {}, which is its share of it; use "
                      "fewer sessions at once, or fewer agents",
                      share->second.connections, budget.value()));
    }
    held.push_back(share->second.taken);
  }
  return std::make_shared<std::vector<Count>>(std::move(held));
}

SteadyTime RunShare::NextSession(SteadyTime now) {
  if (!between_sessions_) return now;
  const SteadyTime at = std::max(now, next_session_);
  next_session_ = at + *between_sessions_;
  return at;
}

}  // namespace wsfleet::engine
