#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/time/time.h"
#include "core/job/records.h"
#include "core/policy/fleet_policy.h"
#include "core/schedule/records.h"

// What goes into a store at once, and what comes out of it.
namespace wsfleet {

// One transaction: all of it or nothing. Upserts replace whole rows.
struct WriteBatch {
  std::vector<JobRecord> jobs;
  std::vector<ShardRecord> shards;
  std::vector<LeaseRecord> leases;        // inserted; one whose shares do not fit is denied: CommitOutcome
  std::vector<LeaseId> ended_leases;      // deleted
  std::vector<BatchRecord> batches;       // inserted
  std::vector<CaseResultRecord> results;  // inserted; a second one for the same (shard, case) is an error
  std::vector<JobEventRecord> events;     // inserted
  std::vector<AgentId> removed_agents;    // deleted, before `agents` are written
  std::vector<AgentRecord> agents;
  std::optional<LeaseId> next_lease;  // so that no id is ever given twice
  std::vector<ScheduleRecord> schedules;
  std::vector<TickRecord> ticks;  // inserted, or in place of one that waits; a second one of its time is an error
  std::optional<KillSwitch> kill_switch;
  std::optional<PolicyRecord> policy;
  std::optional<std::vector<Budget>> budgets;   // what the fleet says of budgets, in place of what it said before
  std::vector<ScheduleName> removed_schedules;  // deleted with all their ticks, those of this batch too

  bool empty() const;
};

// A budget when a batch was written that has leases with shares of it.
struct BudgetState {
  Budget limit;                           // the smallest that a fleet says
  std::uint64_t connections = 0;          // reserved, by all fleets
  std::uint64_t sessions_per_second = 0;  // so

  friend bool operator==(const BudgetState&, const BudgetState&) = default;
};
// Of a batch that is committed. Of a lease that was denied nothing is stored; all else of the batch is.
struct CommitOutcome {
  std::vector<LeaseId> denied;
  std::vector<BudgetState> budgets;  // of the shares that were asked for, as they are after it; by name

  friend bool operator==(const CommitOutcome&, const CommitOutcome&) = default;
};
// Those of which leases of the batch have shares.
std::set<BudgetName> DrawnBudgets(const WriteBatch& batch);
// Of memory, about: what bounds queues of them.
std::size_t ApproximateBytes(const WriteBatch& batch);

// Everything a machine needs to go on: jobs that have not ended, and what belongs to them.
struct FleetSnapshot {
  std::vector<JobRecord> jobs;
  // How long ago they began, by a clock that nobody sets; not those of which nobody knows.
  std::map<JobId, absl::Duration> elapsed;
  std::vector<ShardRecord> shards;
  std::vector<LeaseRecord> leases;
  std::vector<BatchRecord> batches;
  std::vector<CaseResultRecord> results;
  std::vector<AgentRecord> agents;
  std::vector<ScheduleRecord> schedules;
  KillSwitch kill_switch;
  std::optional<PolicyRecord> policy;  // absent: nobody has set one
  std::vector<Budget> budgets;         // as it said last, by name
  LeaseId next_lease{1};
};

}  // namespace wsfleet
