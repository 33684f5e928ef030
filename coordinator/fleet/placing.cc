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
  job.AddShards(std::move(terms));
  for (Shard& shard : job.shards()) {
    // People see the region before an agent is there. A plain name that is no agent's is a region's.
    const Term& term = shard.term;
    const Agent* const named = sessions_.Find(AgentId(term.place()));
    if (named == nullptr && !term.has_glob()) shard.record.region = RegionName(term.place());
    if (named != nullptr && job.record().spec.every_agent) shard.record.region = named->record.region;
    TouchShard(job, shard, true);
    Wait(job, shard);
  }
}

void Fleet::Machine::Wait(const Job& job, const Shard& shard) {
  const Pending::Key key{job.order(), shard.record.id};
  waiting_.pending.Add(key, shard.term);
  waiting_.unplaced.insert(key);
  deadlines_.Set(ShardWaited{shard.record.id}, now_.steady + job.record().spec.agents_wait);
}

void Fleet::Machine::StopWaiting(const Job& job, const Shard& shard) {
  const Pending::Key key{job.order(), shard.record.id};
  waiting_.pending.Remove(key, shard.term);
  waiting_.unplaced.erase(key);
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
  waiting_.queued.erase({job.order(), job.id()});
  const bool connected =
      std::ranges::any_of(sessions_.all(), [](const auto& entry) { return entry.second.is_connected(); });
  job.GiveUp(fmt::format("{} (waited {})", connected ? "every agent is drained" : "no agent is connected",
                         DurationText(job.record().spec.agents_wait)));
  Touch(job).announce = true;
}

void Fleet::Machine::PlaceQueued() {
  for (const auto& [order, id] : std::set(waiting_.queued)) {
    Job& job = *FindJob(id);
    std::vector<Term> terms = FleetTerms(sessions_);
    if (terms.empty()) return;
    if (job.record().spec.every_agent) terms = EveryAgent(sessions_, terms);
    waiting_.queued.erase({order, id});
    deadlines_.Clear(JobWaited{id});
    if (FitsResultLimit(terms.size(), job.record().spec.cases.size())) {
      BeginPlacing(job, std::move(terms));
    } else {
      job.GiveUp(TooLarge(terms.size(), job.record().spec.cases.size()));
      Touch(job).announce = true;
    }
  }
}

// What waited before found no agent that was free then, so it need only be offered to those that have gained room
// since.
void Fleet::Machine::Place() {
  PlaceQueued();
  waiting_.leases_left = settings_.max_leases_per_turn;
  while (!waiting_.freed.empty() && waiting_.leases_left > 0) OfferTo(*waiting_.freed.begin());
  while (!waiting_.unplaced.empty() && waiting_.leases_left > 0) TryToLease(Pending::Key(*waiting_.unplaced.begin()));
}

void Fleet::Machine::OfferTo(const AgentId& id) {
  const Agent& agent = *sessions_.Find(id);
  std::optional<Pending::Key> key;
  while (waiting_.free.Find(agent.record.id) != nullptr) {
    if (waiting_.leases_left == 0) return;  // the next turn goes on with it
    key = waiting_.pending.FirstFor(agent.record, key);
    if (!key) break;
    TryToLease(*key);
  }
  waiting_.freed.erase(agent.record.id);
}

// Not the agent that was asked for is taken, but the best of those that are free.
void Fleet::Machine::TryToLease(const Pending::Key& key) {
  Job& job = *FindJob(key.second.job);
  Shard& shard = *job.Find(key.second.index);
  waiting_.unplaced.erase(key);
  const Agent* agent = ChooseAgent(sessions_, waiting_.free, job, shard);
  if (agent == nullptr) return;
  Lease(job, shard, *agent);
  --waiting_.leases_left;
}

void Fleet::Machine::Lease(Job& job, Shard& shard, const Agent& agent) {
  StopWaiting(job, shard);
  const LeaseRecord lease = leases_.Grant(shard.record.id, job.NextAttempt(shard), agent.record);
  if (!job.record().started.has_value()) {
    deadlines_.Set(JobDue{job.id()}, now_.steady + job.record().spec.deadline);
  }
  job.BeginLease(shard, lease, agent.record, now_.wall);
  waiting_.free.Update(agent, leases_.OfAgent(agent.record.id).size());
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
