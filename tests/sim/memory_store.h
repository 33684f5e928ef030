#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/now.h"
#include "core/job/batch.h"
#include "tests/sim/budget_rows.h"
#include "tests/sim/schedule_rows.h"

namespace wsfleet::sim {

// A store in memory that is also the checker of what may be written: it knows the rules of the tables and the
// invariants that a single transaction can break.
class MemoryStore {
 public:
  // Applies all of it, at a time that nobody sets. Returns what is wrong with it, one line each, beginning with the
  // invariant ("I3: …").
  std::vector<std::string> Commit(const WriteBatch& batch, SteadyTime now);
  // Of the last commit.
  const CommitOutcome& outcome() const { return outcome_; }

  // Removes every job that ended before, and what belongs to it, as RetentionStore does in the end.
  void RemoveEnded(absl::Time before);

  // Jobs that have not ended and what belongs to them, as FleetStore::Load() gives them at this time.
  FleetSnapshot Load(SteadyTime now) const;

  const std::map<JobId, JobRecord>& jobs() const { return jobs_; }
  const std::map<LeaseId, LeaseRecord>& leases() const { return leases_; }
  const std::map<AgentId, AgentRecord>& agents() const { return agents_; }
  const std::map<JobId, JobRecord>& removed_jobs() const { return removed_jobs_; }
  const JobRecord* FindJob(const JobId& id) const;
  // As FleetStore::FindRun().
  std::optional<KnownRun> FindRun(const RunKey& key) const;
  const ShardRecord* FindShard(const ShardId& id) const;
  const AgentRecord* FindAgent(const AgentId& id) const;
  std::vector<ShardRecord> ShardsOf(const JobId& id) const;
  std::vector<JobEventRecord> EventsOf(const JobId& id) const;
  bool HasResult(const ShardId& shard, const CaseId& case_id) const { return results_.contains({shard, case_id}); }
  const ScheduleRows& schedules() const { return schedules_; }
  BudgetRows& budgets() { return budgets_; }
  const BudgetRows& budgets() const { return budgets_; }
  const KillSwitch& kill_switch() const { return kill_switch_; }
  // Or was denied: its number is taken.
  bool WasLeased(LeaseId lease) const { return ever_leased_.contains(lease); }

 private:
  using Complaints = std::vector<std::string>;
  void WriteJobs(const WriteBatch& batch, SteadyTime now, Complaints& wrong);
  void WriteLeases(const WriteBatch& batch, Complaints& wrong);
  void WriteResults(const WriteBatch& batch, Complaints& wrong);
  void WriteEvents(const WriteBatch& batch, Complaints& wrong);
  void WriteAgents(const WriteBatch& batch, Complaints& wrong);
  void CheckEndedJob(const JobRecord& job, Complaints& wrong) const;
  std::size_t ResultsOf(const ShardId& shard) const;

  std::map<JobId, JobRecord> jobs_;
  std::map<JobId, JobRecord> removed_jobs_;
  std::map<JobId, SteadyTime> begun_;
  std::map<ShardId, ShardRecord> shards_;
  std::map<LeaseId, LeaseRecord> leases_;
  std::set<LeaseId> ever_leased_;
  std::set<BatchRecord> batches_;
  std::map<std::pair<ShardId, CaseId>, CaseResultRecord> results_;
  std::map<JobId, std::vector<JobEventRecord>> events_;
  std::map<AgentId, AgentRecord> agents_;
  ScheduleRows schedules_;
  BudgetRows budgets_;
  CommitOutcome outcome_;
  KillSwitch kill_switch_;
  std::optional<PolicyRecord> policy_;
  LeaseId next_lease_{1};
};

// The snapshot as text, one row a line, in the snapshot's order: to compare and to show.
std::vector<std::string> Describe(const FleetSnapshot& snapshot);

}  // namespace wsfleet::sim
