#include "coordinator/fleet/fleet.h"

#include <iterator>
#include <utility>

#include "coordinator/fleet/machine.h"

namespace wsfleet::fleet {

Fleet::Fleet(FleetSettings settings) : machine_(std::make_unique<Machine>(settings)) {}
Fleet::~Fleet() = default;
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;

Fleet Fleet::Load(FleetSettings settings, const FleetSnapshot& snapshot, const Now& now) {
  Fleet fleet(settings);
  fleet.machine_->Restore(snapshot, now);
  return fleet;
}

std::vector<Effect> Fleet::Apply(const Event& event, const Now& now) { return machine_->Apply(event, now); }
SteadyTime Fleet::NextWakeup() const { return machine_->NextWakeup(); }
std::vector<AgentView> Fleet::AgentsAfter(const AgentPlace& after, std::size_t limit) const {
  return machine_->AgentsAfter(after, limit);
}
std::optional<AgentView> Fleet::FindAgent(const AgentId& id) const { return machine_->FindAgent(id); }
FleetSnapshot Fleet::Snapshot() const { return machine_->Snapshot(); }

std::vector<Effect> Fleet::Machine::Apply(const Event& event, const Now& now) {
  now_ = now;
  std::vector<Effect> effects;
  if (const auto* persisted = std::get_if<Persisted>(&event)) effects = outbox_.Release(persisted->commit);

  // Deadlines first: what was due before the event came is not undone by it.
  while (const auto due = deadlines_.PopDue(now.steady)) {
    std::visit([this](const auto& what) { On(what); }, *due);
  }
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
}

}  // namespace wsfleet::fleet
