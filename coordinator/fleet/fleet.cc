#include "coordinator/fleet/fleet.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "coordinator/fleet/machine.h"

namespace wsfleet::fleet {

Fleet::Fleet(FleetSettings settings) : machine_(std::make_unique<Machine>(settings)) {}
Fleet::~Fleet() = default;
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;

Fleet Fleet::Load(FleetSettings settings, const FleetSnapshot& snapshot, const Now& now, const LeaseMemory& known) {
  Fleet fleet(settings);
  fleet.machine_->Restore(snapshot, now, known);
  return fleet;
}

std::vector<Effect> Fleet::Apply(const Event& event, const Now& now) { return machine_->Apply(event, now); }
SteadyTime Fleet::NextWakeup() const { return machine_->NextWakeup(); }
std::vector<AgentView> Fleet::AgentsAfter(const AgentPlace& after, std::size_t limit) const {
  return machine_->AgentsAfter(after, limit);
}
std::optional<AgentView> Fleet::FindAgent(const AgentId& id) const { return machine_->FindAgent(id); }
Census Fleet::Count() const { return machine_->Count(); }
bool Fleet::HasLeaseOn(const AgentId& agent, const BundleDigest& bundle) const {
  return machine_->HasLeaseOn(agent, bundle);
}
FleetSnapshot Fleet::Snapshot() const { return machine_->Snapshot(); }
LeaseMemory Fleet::KnownLeases() const { return machine_->KnownLeases(); }
std::vector<RequestId> Fleet::RequestsOf(CommitId commit) const { return machine_->RequestsOf(commit); }

void Fleet::Machine::On(const SetPolicy& event) {
  AnswerSetPolicy answer = policy_.Set(event, now_.wall);
  if (policy_.record() != answer.before) {
    outbox_.batch().policy = policy_.record();
    const std::vector<Budget> before = budgets_.all();
    budgets_.Use(policy_.record().policy.targets);
    if (budgets_.all() != before) outbox_.batch().budgets = budgets_.all();
    const std::set<Budgets::Key> parked = budgets_.TakeParked();
    OfferParked({parked.begin(), parked.end()});
  }
  outbox_.Send(std::move(answer));
}

void Fleet::Machine::On(const Persisted& event) {
  keys_.OnPersisted(event.commit);
  budgets_.OnPersisted(event);
  for (const LeaseId id : event.outcome.denied) {
    if (leases_.Find(id) != nullptr) EndLease(id, LeaseEnd::kDenied, "");
  }
  // They may begin, or it is known now why they wait.
  if (!event.outcome.budgets.empty()) OfferParked(budgets_.Untold());
}

Fleet::Machine::Machine(FleetSettings settings)
    : settings_(settings),
      random_(settings.seed),
      policy_(settings.policy),
      scheduler_(
          {.check = [this](const JobSpec& spec) { return CheckSpec(spec); },
           .start = [this](JobSpec spec, std::string note) { return StartScheduled(std::move(spec), std::move(note)); },
           .cancel = [this](const JobId& job, const std::string& reason) { Cancel(*FindJob(job), reason); }},
          outbox_, settings.max_schedules) {
  budgets_.Use(settings.policy.targets);
  if (!budgets_.all().empty()) outbox_.batch().budgets = budgets_.all();
}

SteadyTime Fleet::Machine::NextWakeup() const {
  // At once if a turn left something to stop or to place for the next one.
  if (!stopping_.empty() || (MayPlace() && matchmaker_.HasNext())) return now_.steady;
  const absl::Duration sleep = scheduler_.Sleep();
  if (sleep == absl::InfiniteDuration()) return deadlines_.Next();
  return std::min(deadlines_.Next(), now_.steady + sleep);
}

std::vector<Effect> Fleet::Machine::Apply(const Event& event, const Now& now) {
  now_ = now;
  scheduler_.SetTime(now.wall);
  std::vector<Effect> effects;
  if (const auto* persisted = std::get_if<Persisted>(&event)) {
    effects = outbox_.Release(persisted->commit);
    const auto is_denied = [&](const Effect& effect) {
      const auto* assignment = std::get_if<SendAssignment>(&effect);
      return assignment != nullptr && std::ranges::count(persisted->outcome.denied, assignment->lease.id) > 0;
    };
    std::erase_if(effects, is_denied);
  }

  // Deadlines first: what was due before the event came is not undone by it.
  while (const auto due = deadlines_.PopDue(now.steady)) {
    std::visit([this](const auto& what) { On(what); }, *due);
  }
  scheduler_.TakeTicks();
  StopNext();
  std::visit([this](const auto& what) { On(what); }, event);
  Place();
  WriteTouched();

  std::vector<Effect> closed = outbox_.Close();
  effects.insert(effects.end(), std::move_iterator(closed.begin()), std::move_iterator(closed.end()));
  for (const Effect& effect : effects) {
    if (const auto* reply = std::get_if<SendHeartbeatReply>(&effect)) NoteSent(*reply);
    if (const auto* assignment = std::get_if<SendAssignment>(&effect)) NoteSent(*assignment);
  }
  return effects;
}

void Fleet::Machine::NoteSent(const SendHeartbeatReply& reply) {
  if (reply.cancel.empty() && reply.lost.empty()) return;  // it did not wait
  if (Agent* agent = sessions_.ByStream(reply.stream)) agent->reply_waits = false;
}

// A lease runs from when its agent is told of it: the time that its commit took is not the agent's.
void Fleet::Machine::NoteSent(const SendAssignment& assignment) {
  if (leases_.Find(assignment.lease.id) == nullptr) return;
  deadlines_.Set(LeaseExpires{assignment.lease.id}, now_.steady + settings_.lease_time);
  deadlines_.Set(AttemptDue{assignment.lease.id}, now_.steady + assignment.spec->attempt_limit);
}

}  // namespace wsfleet::fleet
