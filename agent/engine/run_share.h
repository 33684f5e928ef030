#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/now.h"
#include "core/policy/target_policy.h"

namespace wsfleet::engine {

// What the run of a shard has of the limits of its job; absent: no limit.
struct ShareLimits {
  std::optional<std::uint32_t> connections;   // at once
  std::optional<double> sessions_per_second;  // above 0
  std::vector<Budget> shares = {};            // of budgets; each has at least 1 session a second
};

// Keeps a run to its share. Belongs to the engine's thread.
class RunShare {
 public:
  // `begun`: now.
  explicit RunShare(ShareLimits limits, SteadyTime begun = {});

  // For a connection that is about to be made and is counted in these budgets, to be held as long as it is there.
  // PERMISSION_DENIED: there are as many as may be, or the run has no share of one of the budgets.
  absl::StatusOr<std::shared_ptr<void>> TakeConnection(const std::vector<BudgetName>& budgets);

  // When the session that comes next may begin; each is asked for once. None may begin before its time because others
  // were late. With shares of budgets the first one waits as well: whoever had them before may just have begun one.
  SteadyTime NextSession(SteadyTime now);

 private:
  // Each connection that is held is a further owner of the count.
  using Count = std::shared_ptr<int>;
  struct Share {
    std::uint32_t connections = 0;
    Count taken = std::make_shared<int>();
  };

  const std::optional<std::uint32_t> max_connections_;
  const Count connections_ = std::make_shared<int>();
  std::map<BudgetName, Share> shares_;
  std::optional<absl::Duration> between_sessions_;  // of the slowest of all limits
  SteadyTime next_session_;
};

}  // namespace wsfleet::engine
