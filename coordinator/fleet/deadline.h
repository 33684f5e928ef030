#pragma once

#include <compare>
#include <variant>

#include "core/base/ids.h"
#include "core/job/records.h"

namespace wsfleet::fleet {

// What becomes due; each names what it is about.
template <typename Id, typename Kind>
struct Due {
  Id id;
  friend auto operator<=>(const Due&, const Due&) = default;
};
using LeaseExpires = Due<LeaseId, struct LeaseExpiresKind>;
using AttemptDue = Due<LeaseId, struct AttemptDueKind>;
using ShardWaited = Due<ShardId, struct ShardWaitedKind>;
using JobWaited = Due<JobId, struct JobWaitedKind>;
using JobDue = Due<JobId, struct JobDueKind>;
using JobUnwatched = Due<JobId, struct JobUnwatchedKind>;
using AgentForgotten = Due<AgentId, struct AgentForgottenKind>;
using QuarantineEnds = Due<AgentId, struct QuarantineEndsKind>;
using BudgetOld = Due<BudgetName, struct BudgetOldKind>;
using Deadline = std::variant<LeaseExpires, AttemptDue, ShardWaited, JobWaited, JobDue, JobUnwatched, AgentForgotten,
                              QuarantineEnds, BudgetOld>;

}  // namespace wsfleet::fleet
