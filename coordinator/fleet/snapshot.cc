#include <algorithm>
#include <map>
#include <tuple>

#include "coordinator/fleet/machine.h"
#include "core/verdict/bulk.h"

// From the store into memory, and what memory would be restored to.
namespace wsfleet::fleet {
namespace {

// How long ago it was created: by what really passed since it began, where that is known, and else by the wall clock,
// which may have been set meanwhile.
absl::Duration AgeOf(const JobRecord& job, const std::map<JobId, absl::Duration>& elapsed, absl::Time now) {
  const absl::Duration before_start = std::max(job.started.value_or(job.created) - job.created, absl::ZeroDuration());
  const auto known = elapsed.find(job.id);
  return known == elapsed.end() ? std::max(now - job.created, before_start) : before_start + known->second;
}

}  // namespace

void Fleet::Machine::Restore(const FleetSnapshot& snapshot, const Now& now, const LeaseMemory& known) {
  now_ = now;
  leases_.SetNext(snapshot.next_lease);
  if (snapshot.policy) policy_.Use(*snapshot.policy);
  budgets_.Use(policy_.record().policy.targets);
  outbox_.batch().budgets.reset();
  if (snapshot.budgets != budgets_.all()) outbox_.batch().budgets = budgets_.all();
  for (const AgentRecord& agent : snapshot.agents) {
    sessions_.Restore(agent);
    ForgetLater(*sessions_.Find(agent.id), settings_.lost_agents_listed);
  }
  RestoreJobs(snapshot);
  for (const LeaseRecord& lease : snapshot.leases) {
    Job* job = FindJob(lease.shard.job);
    Shard* shard = job == nullptr ? nullptr : job->Find(lease.shard.index);
    if (shard == nullptr) continue;
    shard->lease = lease.id;
    leases_.Restore(lease);
    const auto found = known.find(lease.id);
    const LeaseTimes times = found == known.end() ? LeaseTimes{} : found->second;
    const auto set = [&](const Deadline& deadline, const std::optional<SteadyTime>& due, absl::Duration whole) {
      deadlines_.Set(deadline, std::min(due.value_or(SteadyTime::Infinite()), now.steady + whole));
    };
    set(LeaseExpires{lease.id}, times.expires, settings_.lease_time);
    // When it began is not stored.
    set(AttemptDue{lease.id}, times.attempt_due, job->record().spec.attempt_limit);
  }
  for (auto& [id, job] : jobs_) {
    for (Shard& shard : job.shards()) {
      if (shard.ForgetDenied()) TouchShard(job, shard, false);
    }
  }
  scheduler_.SetTime(now.wall);
  scheduler_.Restore(snapshot.schedules);
  kill_switch_ = snapshot.kill_switch;
  if (kill_switch_.stopped) scheduler_.Stop(WhyStopped(kill_switch_));
  for (auto& [id, job] : jobs_) ResumeJob(job);
}

void Fleet::Machine::RestoreJobs(const FleetSnapshot& snapshot) {
  std::vector<const JobRecord*> jobs;
  for (const JobRecord& job : snapshot.jobs) jobs.push_back(&job);
  std::ranges::sort(jobs, {}, [](const JobRecord* job) { return std::tie(job->created, job->id); });
  for (const JobRecord* job : jobs) {
    keys_.Add(job->id, job->spec);
    const SteadyTime created = now_.steady - AgeOf(*job, snapshot.elapsed, now_.wall);
    jobs_.emplace(job->id, Job(*job, next_order_++, created));
  }

  std::vector<const ShardRecord*> shards;
  for (const ShardRecord& shard : snapshot.shards) shards.push_back(&shard);
  std::ranges::sort(shards, {}, &ShardRecord::id);
  for (const ShardRecord* shard : shards) {
    Job* job = FindJob(shard->id.job);
    if (job == nullptr) continue;
    job->RestoreShard(*shard);
    ++open_shards_;
  }
  const auto find = [&](const ShardId& id) {
    Job* job = FindJob(id.job);
    return job == nullptr ? nullptr : job->Find(id.index);
  };
  for (const BatchRecord& batch : snapshot.batches) {
    if (Shard* shard = find(batch.shard)) shard->batches.insert({batch.attempt, batch.seq});
  }
  for (const CaseResultRecord& taken : snapshot.results) {
    if (Shard* shard = find(taken.shard)) {
      shard->cases.emplace(taken.result.case_id, TakenCase{taken.attempt, taken.agent, WithoutBulk(taken.result)});
    }
  }
}

void Fleet::Machine::ResumeJob(const Job& job) {
  const JobRecord& record = job.record();
  RestartUnwatched(job);
  scheduler_.RestoreRun(job.id(), record.spec);
  if (record.started.has_value() && !job.is_stopping()) {
    // Never more than the whole: its age may be by a wall clock that was set meanwhile.
    const absl::Duration left = job.started_at() + record.spec.deadline - now_.steady;
    deadlines_.Set(JobDue{job.id()}, now_.steady + std::clamp(left, absl::ZeroDuration(), record.spec.deadline));
  }
  if (job.shards().empty()) {
    queued_.insert({job.order(), job.id()});
    deadlines_.Set(JobWaited{job.id()}, now_.steady + record.spec.agents_wait);
  }
  for (const Shard& shard : job.shards()) {
    if (shard.is_waiting()) Wait(job, shard);
  }
  // It was told to end with all others, and the machine before did not come to it.
  if (job.is_stopping() && std::ranges::any_of(job.shards(), &Shard::is_waiting)) stopping_.push_back(job.id());
}

LeaseMemory Fleet::Machine::KnownLeases() const {
  LeaseMemory known;
  for (const auto& [id, lease] : leases_.all()) {
    LeaseTimes& times = known[id];
    const Job& job = jobs_.at(lease.shard.job);
    const bool overdue = job.shards().at(lease.shard.index.value() - 1).overdue;
    if (leases_.IsOnlyRestored(id) || overdue || job.is_stopping())
      times.expires = deadlines_.DueTime(LeaseExpires{id});
    times.attempt_due = overdue ? SteadyTime{} : deadlines_.DueTime(AttemptDue{id});
  }
  return known;
}

FleetSnapshot Fleet::Machine::Snapshot() const {
  FleetSnapshot snapshot;
  snapshot.next_lease = leases_.next();
  if (policy_.record().version > 0) snapshot.policy = policy_.record();
  snapshot.budgets = budgets_.all();
  for (const auto& [id, job] : jobs_) {
    snapshot.jobs.push_back(job.record());
    for (const Shard& shard : job.shards()) {
      snapshot.shards.push_back(shard.record);
      for (const auto& [attempt, seq] : shard.batches) snapshot.batches.push_back({shard.record.id, attempt, seq});
      for (const auto& [case_id, taken] : shard.cases) {
        snapshot.results.push_back({shard.record.id, taken.attempt, taken.agent, taken.result});
      }
    }
  }
  for (const auto& [id, lease] : leases_.all()) snapshot.leases.push_back(lease);
  for (const auto& [id, agent] : sessions_.all()) snapshot.agents.push_back(agent.record);
  snapshot.schedules = scheduler_.records();
  snapshot.kill_switch = kill_switch_;
  return snapshot;
}

}  // namespace wsfleet::fleet
