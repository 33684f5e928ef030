#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/fleet/shard.h"
#include "core/base/now.h"
#include "core/job/records.h"

namespace wsfleet::fleet {

// A job that has not ended, with its shards: which state follows which. It knows neither agents nor deadlines; the
// machine tells it what happened and stores what it became.
//
// queued (no shards yet) → placing → running (a lease was given) → finishing (told to stop, leases live) →
// passed | failed | inconclusive | cancelled. A run that is timed out ends as inconclusive, with that verdict.
class Job {
 public:
  // `order`: jobs that were created earlier are placed first. `created`: when it was, by the clock that nobody sets.
  Job(JobRecord record, std::uint64_t order, SteadyTime created);

  // From the store. Shards come in the order of their index, results before the leases.
  void RestoreShard(const ShardRecord& record);

  const JobRecord& record() const { return record_; }
  const JobId& id() const { return record_.id; }
  std::uint64_t order() const { return order_; }
  std::vector<Shard>& shards() { return shards_; }
  const std::vector<Shard>& shards() const { return shards_; }
  Shard* Find(ShardIndex index);

  std::uint64_t NextEventNumber() { return ++record_.last_event; }

  // The job waits for agents from now on, one for each term.
  void AddShards(std::vector<Term> terms);

  // A copy that many may share.
  std::shared_ptr<const JobSpec> SharedSpec();

  // The number of the next lease of this shard.
  std::uint32_t NextAttempt(const Shard& shard) const { return shard.record.attempt + 1; }
  void BeginLease(Shard& shard, const LeaseRecord& lease, const AgentRecord& agent, SteadyTime now);
  // Another shard of it is, or was last, this agent's.
  bool UsesElsewhere(const AgentId& agent, const Shard& shard) const;

  // Takes each planned case that has no result yet; nothing else changes what is known of a case. Suite and scenario
  // are those of the plan, whatever the agent calls them.
  struct Taken {
    std::vector<CaseResult> counted;
    std::vector<CaseId> unplanned;
  };
  Taken Take(Shard& shard, const AgentId& agent, std::uint32_t attempt, std::span<const CaseResult> results);

  bool IsComplete(const Shard& shard) const { return shard.cases.size() == planned_.size(); }
  std::vector<CaseId> MissingCases(const Shard& shard) const;   // in the plan's order
  std::vector<CaseId> FinishedCases(const Shard& shard) const;  // in the plan's order

  // The wish that it ends. False if it was to end already: the first reason stays.
  bool Cancel(std::string reason);
  bool PassDeadline();
  bool is_stopping() const { return record_.cancel_requested || record_.deadline_passed; }
  // Why it is to end; absent while it is not.
  std::optional<std::string> StopReason() const;

  // A region that this run says nothing of; stands among its reasons, whatever its verdict.
  void LeaveOut(std::string what) { record_.reasons.push_back(std::move(what)); }

  // It cannot be placed at all.
  void GiveUp(std::string reason) { given_up_ = std::move(reason); }

  // Nothing more will come of it: every shard is done, or it was stopped or given up before it had any.
  bool HasEnded();

  // When its first lease was given, by the clock that nobody sets. It has been.
  SteadyTime started_at() const {
    return created_ + std::max(*record_.started - record_.created, absl::ZeroDuration());
  }

  // Gives it its verdict and its terminal state. Secrets go.
  void End(SteadyTime now);

 private:
  // By the wall clock as it was when the job was created: between times of it lies what really passed.
  absl::Time TimeAt(SteadyTime now) const { return record_.created + (now - created_); }

  JobRecord record_;
  std::shared_ptr<const JobSpec> shared_spec_;  // null: nobody has asked for it
  std::uint64_t order_;
  SteadyTime created_;
  std::vector<Shard> shards_;
  std::size_t first_open_ = 0;               // every shard before it is done, for good
  std::map<AgentId, std::uint32_t> agents_;  // of how many shards each is, or was last, the agent
  std::set<CaseId> planned_;
  std::string given_up_;
};

// What has changed of a job in a turn, at whose end it is written.
struct TouchedJob {
  bool announce = false;  // the job or a shard changed its state
  std::set<ShardIndex> shards;
};

}  // namespace wsfleet::fleet
