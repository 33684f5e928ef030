#include "tests/sim/memory_store.h"

#include <algorithm>

#include "absl/time/time.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet::sim {
namespace {

std::string Name(const ShardId& id) { return fmt::format("{}/{}", id.job.value(), id.index.value()); }

std::string Describe(const Budget& budget) {
  return fmt::format("budget {} connections={} sessions_per_second={}", budget.name.value(), budget.connections,
                     budget.sessions_per_second);
}

// A machine counts from before it writes; a store may be slow (World stalls it for up to 5 s).
constexpr absl::Duration kSlowestCommit = absl::Seconds(6);

}  // namespace

std::vector<std::string> MemoryStore::Commit(const WriteBatch& batch, SteadyTime now) {
  Complaints wrong;
  if (batch.next_lease.has_value()) {
    if (*batch.next_lease < next_lease_) wrong.push_back("next_lease went back");
    next_lease_ = *batch.next_lease;
  }
  if (batch.kill_switch) kill_switch_ = *batch.kill_switch;
  if (batch.policy) {
    const std::uint64_t before = policy_ ? policy_->version : 0;
    if (batch.policy->version != before + 1) wrong.push_back("the version of the policy does not rise by one");
    policy_ = batch.policy;
  }
  outcome_ = budgets_.Write(batch, wrong);
  WriteJobs(batch, now, wrong);
  WriteLeases(batch, wrong);
  WriteResults(batch, wrong);
  WriteEvents(batch, wrong);
  WriteAgents(batch, wrong);
  schedules_.Write(batch, jobs_, wrong);
  for (const ShardRecord& shard : batch.shards) {
    if (shard.finished_cases != ResultsOf(shard.id)) {
      wrong.push_back(fmt::format("I2: shard {} counts {} cases, the store has {}", Name(shard.id),
                                  shard.finished_cases, ResultsOf(shard.id)));
    }
  }
  for (const JobRecord& job : batch.jobs) {
    if (IsTerminal(job.state)) CheckEndedJob(job, wrong);
  }
  return wrong;
}

void MemoryStore::RemoveEnded(absl::Time before) {
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    const auto& [id, job] = *it;
    if (!job.finished.has_value() || *job.finished >= before) {
      ++it;
      continue;
    }
    const auto is_of_job = [&of = id](const auto& entry) { return entry.first.job == of; };
    std::erase_if(shards_, is_of_job);
    std::erase_if(batches_, [&of = id](const BatchRecord& batch) { return batch.shard.job == of; });
    std::erase_if(results_, [&of = id](const auto& entry) { return entry.first.first.job == of; });
    events_.erase(id);
    removed_jobs_.insert(*it);
    it = jobs_.erase(it);
  }
}

void MemoryStore::WriteJobs(const WriteBatch& batch, SteadyTime now, Complaints& wrong) {
  for (const JobRecord& job : batch.jobs) {
    const JobRecord* known = FindJob(job.id);
    if (removed_jobs_.contains(job.id)) {
      wrong.push_back(fmt::format("job {} was removed and is written again", job.id.value()));
    }
    if (known != nullptr && IsTerminal(known->state)) {
      wrong.push_back(
          fmt::format("I3: job {} was {} and is written again", job.id.value(), JobStateName(known->state)));
    }
    if (known != nullptr && job.state < known->state) {
      wrong.push_back(fmt::format("job {} went from {} back to {}", job.id.value(), JobStateName(known->state),
                                  JobStateName(job.state)));
    }
    if (job.started) begun_.try_emplace(job.id, now);
    if (job.deadline_passed && (known == nullptr || !known->deadline_passed) && begun_.contains(job.id) &&
        now - begun_.at(job.id) < job.spec.deadline - kSlowestCommit) {
      wrong.push_back(fmt::format("job {} ends by its deadline before that has passed", job.id.value()));
    }
    jobs_[job.id] = job;
  }
  for (const ShardRecord& shard : batch.shards) {
    if (!jobs_.contains(shard.id.job)) wrong.push_back(fmt::format("shard {} has no job", Name(shard.id)));
    shards_[shard.id] = shard;
  }
}

void MemoryStore::WriteLeases(const WriteBatch& batch, Complaints& wrong) {
  for (const LeaseId id : batch.ended_leases) {
    if (leases_.erase(id) == 0 && !budgets_.WasDenied(id))
      wrong.push_back(fmt::format("lease {} ends twice or never began", id.value()));
  }
  if (kill_switch_.stopped && !batch.leases.empty()) wrong.push_back("a lease is given while the fleet is stopped");
  for (const LeaseRecord& lease : batch.leases) {
    if (!ever_leased_.insert(lease.id).second || lease.id >= next_lease_) {
      wrong.push_back(fmt::format("lease {} is given twice", lease.id.value()));
    }
    for (const auto& [id, other] : leases_) {
      if (other.shard == lease.shard) wrong.push_back(fmt::format("shard {} has two leases", Name(lease.shard)));
    }
    const AgentRecord* agent = FindAgent(lease.agent);
    const bool undone =
        std::ranges::any_of(batch.agents, [&](const AgentRecord& row) { return row.id == lease.agent; });
    if (agent != nullptr && agent->drained && !undone) {
      wrong.push_back(fmt::format("lease {} is given to {}, which is drained", lease.id.value(), lease.agent.value()));
    }
    if (!budgets_.WasDenied(lease.id)) leases_[lease.id] = lease;
  }
}

void MemoryStore::WriteResults(const WriteBatch& batch, Complaints& wrong) {
  for (const BatchRecord& taken : batch.batches) {
    if (!batches_.insert(taken).second) {
      wrong.push_back(fmt::format("I2: batch {} of attempt {} of {} is taken twice", taken.seq.value(), taken.attempt,
                                  Name(taken.shard)));
    }
  }
  for (const CaseResultRecord& result : batch.results) {
    if (!shards_.contains(result.shard)) wrong.push_back(fmt::format("a result of {}, no shard", Name(result.shard)));
    if (!results_.emplace(std::pair(result.shard, result.result.case_id), result).second) {
      wrong.push_back(
          fmt::format("I2: case {} of {} is counted twice", result.result.case_id.value(), Name(result.shard)));
    }
  }
}

void MemoryStore::WriteEvents(const WriteBatch& batch, Complaints& wrong) {
  for (const JobEventRecord& event : batch.events) {
    std::vector<JobEventRecord>& events = events_[event.job];
    if (event.number != events.size() + 1) {
      wrong.push_back(fmt::format("event {} of {} follows {}", event.number, event.job.value(), events.size()));
    }
    events.push_back(event);
  }
  for (const JobRecord& job : batch.jobs) {
    if (job.last_event != events_[job.id].size()) wrong.push_back(fmt::format("events of {} are lost", job.id.value()));
  }
}

void MemoryStore::WriteAgents(const WriteBatch& batch, Complaints& wrong) {
  for (const AgentId& id : batch.removed_agents) agents_.erase(id);
  for (const AgentRecord& agent : batch.agents) {
    const AgentRecord* known = FindAgent(agent.id);
    const bool same_stream = known != nullptr && agent.epoch == known->epoch && agent.drained != known->drained;
    if (known != nullptr && agent.epoch <= known->epoch && !same_stream) {
      wrong.push_back(fmt::format("the epoch of agent {} does not rise", agent.id.value()));
    }
    for (const LeaseRecord& lease : batch.leases) {
      if (lease.agent == agent.id && agent.drained) wrong.push_back("a drained agent is given a lease");
    }
    agents_[agent.id] = agent;
  }
}

void MemoryStore::CheckEndedJob(const JobRecord& job, Complaints& wrong) const {
  if (!job.verdict.has_value() || !job.finished.has_value()) {
    wrong.push_back(fmt::format("job {} has ended without a verdict", job.id.value()));
  }
  for (const auto& [id, lease] : leases_) {
    if (lease.shard.job == job.id)
      wrong.push_back(fmt::format("I4: job {} has ended before its leases", job.id.value()));
  }
  for (const ShardRecord& shard : ShardsOf(job.id)) {
    if (shard.state != ShardState::kDone) wrong.push_back(fmt::format("{} is not done", Name(shard.id)));
    const bool hidden =
        job.state == JobState::kPassed && !job.spec.require.has_value() && ResultsOf(shard.id) != job.spec.cases.size();
    if (hidden) wrong.push_back(fmt::format("I8: job {} passed without every result", job.id.value()));
  }
}

std::size_t MemoryStore::ResultsOf(const ShardId& shard) const {
  const auto first = results_.lower_bound({shard, CaseId()});
  return static_cast<std::size_t>(std::distance(
      first, std::find_if(first, results_.end(), [&](const auto& row) { return row.first.first != shard; })));
}

FleetSnapshot MemoryStore::Load(SteadyTime now) const {
  FleetSnapshot snapshot;
  const auto open = [&](const JobId& id) { return !IsTerminal(jobs_.at(id).state); };
  for (const auto& [id, job] : jobs_) {
    if (!open(id)) continue;
    snapshot.jobs.push_back(job);
    if (const auto begun = begun_.find(id); begun != begun_.end()) snapshot.elapsed.emplace(id, now - begun->second);
  }
  for (const auto& [id, shard] : shards_) {
    if (open(id.job)) snapshot.shards.push_back(shard);
  }
  for (const auto& [id, lease] : leases_) snapshot.leases.push_back(lease);
  for (const BatchRecord& batch : batches_) {
    if (open(batch.shard.job)) snapshot.batches.push_back(batch);
  }
  for (const auto& [key, result] : results_) {
    if (open(key.first.job)) snapshot.results.push_back(result);
  }
  for (const auto& [id, agent] : agents_) snapshot.agents.push_back(agent);
  snapshot.next_lease = next_lease_;
  snapshot.kill_switch = kill_switch_;
  snapshot.policy = policy_;
  snapshot.budgets = budgets_.budgets();
  for (const auto& [name, schedule] : schedules_.schedules()) snapshot.schedules.push_back(schedule);
  return snapshot;
}

const JobRecord* MemoryStore::FindJob(const JobId& id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

std::optional<KnownRun> MemoryStore::FindRun(const RunKey& key) const {
  if (key.empty()) return std::nullopt;
  for (const auto& [id, job] : jobs_) {
    if (job.spec.key == key) return KnownRun{id, job.spec};
  }
  return std::nullopt;
}

const ShardRecord* MemoryStore::FindShard(const ShardId& id) const {
  const auto found = shards_.find(id);
  return found == shards_.end() ? nullptr : &found->second;
}

const AgentRecord* MemoryStore::FindAgent(const AgentId& id) const {
  const auto found = agents_.find(id);
  return found == agents_.end() ? nullptr : &found->second;
}

std::vector<ShardRecord> MemoryStore::ShardsOf(const JobId& id) const {
  std::vector<ShardRecord> shards;
  for (auto it = shards_.lower_bound({id, ShardIndex()}); it != shards_.end() && it->first.job == id; ++it) {
    shards.push_back(it->second);
  }
  return shards;
}

std::vector<JobEventRecord> MemoryStore::EventsOf(const JobId& id) const {
  const auto found = events_.find(id);
  return found == events_.end() ? std::vector<JobEventRecord>() : found->second;
}

std::vector<std::string> Describe(const FleetSnapshot& snapshot) {
  std::vector<std::string> lines;
  for (const JobRecord& job : snapshot.jobs) {
    lines.push_back(
        fmt::format("job {} {} created={} started={} cancel={}:{} deadline={} event={} key={} cases={} from={}",
                    job.id.value(), JobStateName(job.state), absl::FormatTime(job.created),
                    job.started.has_value() ? absl::FormatTime(*job.started) : "-", job.cancel_requested,
                    job.cancel_reason, job.deadline_passed, job.last_event, job.spec.key.value(), job.spec.cases.size(),
                    fmt::join(job.spec.from, ",")));
  }
  for (const ShardRecord& shard : snapshot.shards) {
    lines.push_back(fmt::format("shard {} {} {} {} agent={} vantage={} attempt={} released={} cases={}/{} {}",
                                Name(shard.id), shard.region.value(), shard.term, ShardStateName(shard.state),
                                shard.agent.value(), shard.vantage, shard.attempt, shard.released, shard.failed_cases,
                                shard.finished_cases, shard.reason));
    for (const PastLease& past : shard.past_leases) {
      lines.push_back(
          fmt::format("  past lease {} attempt={} agent={}", past.id.value(), past.attempt, past.agent.value()));
    }
  }
  for (const LeaseRecord& lease : snapshot.leases) {
    lines.push_back(fmt::format("lease {} {} attempt={} agent={} boot={}", lease.id.value(), Name(lease.shard),
                                lease.attempt, lease.agent.value(), lease.boot.value()));
    for (const Budget& share : lease.shares) lines.push_back("  share of " + Describe(share));
  }
  for (const BatchRecord& batch : snapshot.batches) {
    lines.push_back(fmt::format("batch {} {} {}", Name(batch.shard), batch.attempt, batch.seq.value()));
  }
  for (const CaseResultRecord& row : snapshot.results) {
    lines.push_back(fmt::format("result {} {} {} {} {}", Name(row.shard), row.result.case_id.value(), row.attempt,
                                row.agent.value(), static_cast<int>(row.result.outcome)));
  }
  for (const AgentRecord& agent : snapshot.agents) {
    lines.push_back(fmt::format("agent {} {} boot={} epoch={} drained={}", agent.id.value(), agent.region.value(),
                                agent.boot.value(), agent.epoch.value(), agent.drained));
  }
  for (const ScheduleRecord& schedule : snapshot.schedules) lines.push_back(Describe(schedule));
  lines.push_back(fmt::format("kill switch {} {}", snapshot.kill_switch.stopped, snapshot.kill_switch.reason));
  if (snapshot.policy) {
    lines.push_back(fmt::format("policy {} {}", snapshot.policy->version, RenderFleetPolicy(snapshot.policy->policy)));
  }
  for (const Budget& budget : snapshot.budgets) lines.push_back(Describe(budget));
  lines.push_back(fmt::format("next_lease {}", snapshot.next_lease.value()));
  return lines;
}

}  // namespace wsfleet::sim
