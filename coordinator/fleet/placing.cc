#include <algorithm>
#include <optional>
#include <utility>

#include "coordinator/fleet/machine.h"
#include "coordinator/fleet/placement.h"
#include "core/base/text.h"
#include "fmt/format.h"

// From a job's terms to leases. A shard waits agents_wait for an agent with room, from when it was created or its last
// lease ended; time in the queue counts.
namespace wsfleet::fleet {

void Fleet::Machine::BeginPlacing(Job& job, std::vector<Term> terms) {
  open_shards_ += terms.size();
  job.AddShards(std::move(terms));
  for (Shard& shard : job.shards()) {
    // People see the region before an agent is there. A plain name that is no agent's is a region's.
    const Term& term = shard.term;
    const Agent* const named = sessions_.Find(AgentId(term.place()));
    if (named == nullptr && !term.has_glob()) shard.record.region = RegionName(term.place());
    if (named != nullptr && job.record().spec.every_agent) shard.record.region = named->record.region;
    TouchShard(job, shard, true);
    Wait(job, shard);
    // Whoever misspelt a region need not wait to learn it.
    if (const std::string why = WhyNobodyYet(sessions_, term); !why.empty()) {
      AddNote(job, fmt::format("{}: nobody is there yet, waiting up to {}; {}", shard.Place(),
                               DurationText(job.record().spec.agents_wait), why));
    }
  }
}

void Fleet::Machine::Wait(const Job& job, const Shard& shard) {
  matchmaker_.BeginWaiting({job.order(), shard.record.id}, shard.term);
  deadlines_.Set(ShardWaited{shard.record.id}, now_.steady + job.record().spec.agents_wait);
}

void Fleet::Machine::StopWaiting(const Job& job, const Shard& shard) {
  matchmaker_.StopWaiting({job.order(), shard.record.id}, shard.term);
  deadlines_.Clear(ShardWaited{shard.record.id});
}

void Fleet::Machine::On(const ShardWaited& due) {
  Job& job = *FindJob(due.id.job);
  Shard& shard = *job.Find(due.id.index);
  StopWaiting(job, shard);
  shard.Finish(WhyNoAgent(sessions_, job.record().spec, shard));
  AddNote(job, fmt::format("{}: {}", shard.Place(), shard.record.reason));
  TouchShard(job, shard, true);
}

void Fleet::Machine::On(const JobWaited& due) {
  Job& job = *FindJob(due.id);
  queued_.erase({job.order(), job.id()});
  const bool connected =
      std::ranges::any_of(sessions_.all(), [](const auto& entry) { return entry.second.is_connected(); });
  job.GiveUp(fmt::format("{} (waited {})", connected ? "every agent is drained" : "no agent is connected",
                         DurationText(job.record().spec.agents_wait)));
  Touch(job).announce = true;
}

void Fleet::Machine::PlaceQueued() {
  for (const auto& [order, id] : std::set(queued_)) {
    Job& job = *FindJob(id);
    std::vector<Term> terms = FleetTerms(sessions_);
    if (terms.empty()) return;
    if (job.record().spec.every_agent) terms = EveryAgent(sessions_, terms);
    queued_.erase({order, id});
    deadlines_.Clear(JobWaited{id});
    for (std::string& line : LeftOut(sessions_)) {
      AddNote(job, line);
      job.LeaveOut(std::move(line));
    }
    if (const absl::Status size = CheckRoom(terms.size(), job.record().spec.cases.size()); size.ok()) {
      BeginPlacing(job, std::move(terms));
    } else {
      job.GiveUp(std::string(ToStd(size.message())));
      Touch(job).announce = true;
    }
  }
}

void Fleet::Machine::Place() {
  if (!MayPlace()) return;
  PlaceQueued();
  for (std::uint32_t given = 0; given < settings_.max_leases_per_turn;) {
    const std::optional<Pending::Key> key = matchmaker_.Next(sessions_);
    if (!key) return;
    Job& job = *FindJob(key->second.job);
    Shard& shard = *job.Find(key->second.index);
    // Not the agent that asked is taken, but the best of those that are free.
    const Agent* agent = ChooseAgent(sessions_, matchmaker_.free(), job, shard);
    if (agent == nullptr) continue;
    Lease(job, shard, *agent);
    ++given;
  }
}

void Fleet::Machine::Lease(Job& job, Shard& shard, const Agent& agent) {
  StopWaiting(job, shard);
  const LeaseRecord lease = leases_.Grant(shard.record.id, job.NextAttempt(shard), agent.record);
  if (!job.record().started.has_value()) {
    deadlines_.Set(JobDue{job.id()}, now_.steady + job.record().spec.deadline);
  }
  job.BeginLease(shard, lease, agent.record, now_.wall);
  matchmaker_.Update(agent, leases_.OfAgent(agent.record.id).size(), false);
  outbox_.batch().leases.push_back(lease);
  outbox_.batch().next_lease = leases_.next();
  if (lease.attempt > 1) {
    AddNote(job, fmt::format("{}: attempt {} on {}", shard.Place(), lease.attempt, agent.record.id.value()));
  }
  TouchShard(job, shard, true);
  const absl::Duration time_left = *deadlines_.DueTime(JobDue{job.id()}) - now_.steady;
  outbox_.Send(SendAssignment{agent.stream, lease, job.SharedSpec(), job.FinishedCases(shard), time_left,
                              policy_.ShareOf(job.shards().size()), policy_.text()});
}

}  // namespace wsfleet::fleet
