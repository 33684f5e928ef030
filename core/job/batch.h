#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/job/records.h"
#include "core/policy/fleet_policy.h"
#include "core/schedule/records.h"

// What goes into a store at once, and what comes out of it.
namespace wsfleet {

// One transaction: all of it or nothing. Upserts replace whole rows.
struct WriteBatch {
  std::vector<JobRecord> jobs;
  std::vector<ShardRecord> shards;
  std::vector<LeaseRecord> leases;        // inserted
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
  std::vector<ScheduleName> removed_schedules;  // deleted with all their ticks, those of this batch too

  bool empty() const;
};
// Of memory, about: what bounds queues of them.
std::size_t ApproximateBytes(const WriteBatch& batch);

// Everything a machine needs to go on: jobs that have not ended, and what belongs to them.
struct FleetSnapshot {
  std::vector<JobRecord> jobs;
  std::vector<ShardRecord> shards;
  std::vector<LeaseRecord> leases;
  std::vector<BatchRecord> batches;
  std::vector<CaseResultRecord> results;
  std::vector<AgentRecord> agents;
  std::vector<ScheduleRecord> schedules;
  KillSwitch kill_switch;
  std::optional<PolicyRecord> policy;  // absent: nobody has set one
  LeaseId next_lease{1};
};

}  // namespace wsfleet
