#include <utility>

#include "coordinator/fleet/machine.h"
#include "coordinator/fleet/placement.h"
#include "core/base/text.h"
#include "fmt/format.h"

// From a job's terms to leases. A shard waits agents_wait for an agent with room, from when it was created or its last
// lease ended; time in the queue counts.
namespace wsfleet::fleet {

void Fleet::Machine::BeginPlacing(Job& job, std::vector<Term> terms) {
  job.AddShards(std::move(terms));
  for (Shard& shard : job.shards()) {
    // A plain name that is no agent's is a region's: people see it before an agent is there.
    const Term& term = shard.term;
    if (!term.has_glob() && sessions_.Find(AgentId(term.place())) == nullptr) {
      shard.record.region = RegionName(term.place());
    }
    TouchShard(job, shard, true);
    Wait(job, shard);
  }
}

void Fleet::Machine::Wait(const Job& job, const Shard& shard) {
  pending_.insert({job.order(), shard.record.id});
  deadlines_.Set(ShardWaited{shard.record.id}, now_.steady + job.record().spec.agents_wait);
  placement_due_ = true;
}

void Fleet::Machine::StopWaiting(const Job& job, const Shard& shard) {
  pending_.erase({job.order(), shard.record.id});
  deadlines_.Clear(ShardWaited{shard.record.id});
}

void Fleet::Machine::On(const ShardWaited& due) {
  Job& job = *FindJob(due.id.job);
  Shard& shard = *job.Find(due.id.index);
  StopWaiting(job, shard);
  shard.Finish(WhyNoAgent(sessions_, shard, job.record().spec.agents_wait));
  AddNote(job, fmt::format("{}: {}", shard.Place(), shard.record.reason));
  TouchShard(job, shard, true);
}

void Fleet::Machine::On(const JobWaited& due) {
  Job& job = *FindJob(due.id);
  queued_.erase({job.order(), job.id()});
  job.GiveUp(fmt::format("no agent is connected (waited {})", DurationText(job.record().spec.agents_wait)));
  Touch(job).announce = true;
}

void Fleet::Machine::Place() {
  if (!placement_due_) return;
  for (const auto& [order, id] : std::set(queued_)) {
    Job& job = *FindJob(id);
    std::vector<Term> terms = FleetTerms(sessions_);
    if (terms.empty()) continue;
    queued_.erase({order, id});
    deadlines_.Clear(JobWaited{id});
    if (FitsResultLimit(terms.size(), job.record().spec.cases.size())) {
      BeginPlacing(job, std::move(terms));
    } else {
      job.GiveUp(fmt::format("{} regions are more than a run of {} cases may have", terms.size(),
                             job.record().spec.cases.size()));
      Touch(job).announce = true;
    }
  }
  for (const auto& [order, id] : std::set(pending_)) {
    Job& job = *FindJob(id.job);
    Shard& shard = *job.Find(id.index);
    if (const Agent* agent = ChooseAgent(sessions_, leases_, job, shard)) Lease(job, shard, *agent);
  }
  placement_due_ = false;
}

void Fleet::Machine::Lease(Job& job, Shard& shard, const Agent& agent) {
  StopWaiting(job, shard);
  const LeaseRecord lease = leases_.Grant(shard.record.id, job.NextAttempt(shard), agent.record);
  if (!job.record().started.has_value()) {
    deadlines_.Set(JobDue{job.id()}, now_.steady + job.record().spec.deadline);
  }
  job.NoteLease(now_.wall);
  shard.BeginLease(lease, agent.record);
  deadlines_.Set(LeaseExpires{lease.id}, now_.steady + settings_.lease_time);
  outbox_.batch().leases.push_back(lease);
  outbox_.batch().next_lease = leases_.next();
  if (lease.attempt > 1) {
    AddNote(job, fmt::format("{}: attempt {} on {}", shard.Place(), lease.attempt, agent.record.id.value()));
  }
  TouchShard(job, shard, true);
  const absl::Duration time_left = *deadlines_.DueTime(JobDue{job.id()}) - now_.steady;
  outbox_.Send(SendAssignment{agent.stream, lease, job.record().spec, job.FinishedCases(shard), time_left});
}

}  // namespace wsfleet::fleet
