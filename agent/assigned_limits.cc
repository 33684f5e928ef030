#include "agent/assigned_limits.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/base/version.h"
#include "core/policy/fleet_policy.h"
#include "fmt/format.h"

namespace wsfleet::agent {
namespace {

constexpr std::size_t kMaxReasonBytes = 400;
constexpr double kSlowestSessions = 1e-3;  // in a second

}  // namespace

absl::StatusOr<engine::TargetGuard> GuardOf(const v1::Assignment& assignment,
                                            std::vector<engine::TargetGuard::Rule> own_rules) {
  if (!assignment.policy().empty()) {
    auto policy = ReadFleetPolicy("policy", assignment.policy());
    if (!policy.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("this agent (version {}) does not understand the fleet's policy: {}", kVersion,
                      Excerpt(ToStd(policy.status().message()), kMaxReasonBytes)));
    }
    own_rules.push_back({std::move(policy->targets), "the policy of the fleet"});
  }
  return engine::TargetGuard(std::move(own_rules));
}

engine::ShareLimits ShareOf(const v1::LeaseShare& share) {
  engine::ShareLimits limits;
  if (share.has_connections()) limits.connections = share.connections();
  // Nothing at all would have been refused; whatever else is no rate is taken for the slowest that ends.
  if (share.has_sessions_per_second()) {
    const double rate = share.sessions_per_second();
    limits.sessions_per_second = rate >= kSlowestSessions ? rate : kSlowestSessions;
  }
  // Less than one of each would have been no share.
  for (const v1::BudgetShare& budget : share.budgets()) {
    limits.shares.push_back(
        {BudgetName(budget.name()), std::max(budget.connections(), 1U), std::max(budget.sessions_per_second(), 1U)});
  }
  return limits;
}

}  // namespace wsfleet::agent
