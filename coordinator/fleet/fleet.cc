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

Fleet Fleet::Load(FleetSettings settings, const FleetSnapshot& snapshot, const Now& now) {
  Fleet fleet(settings);
  fleet.machine_->Restore(snapshot, now);
  return fleet;
}

std::vector<Effect> Fleet::Apply(const Event& event, const Now& now) { return machine_->Apply(event, now); }
SteadyTime Fleet::NextWakeup() const { return machine_->NextWakeup(); }
std::vector<AgentView> Fleet::agents() const { return machine_->agents(); }
FleetSnapshot Fleet::Snapshot() const { return machine_->Snapshot(); }

Fleet::Machine::Machine(FleetSettings settings)
    : settings_(settings),
      random_(settings.seed),
      scheduler_(
          {.check = [this](const JobSpec& spec) { return CheckSpec(spec); },
           .start = [this](JobSpec spec, std::string note) { return StartScheduled(std::move(spec), std::move(note)); },
           .cancel = [this](const JobId& job, const std::string& reason) { Cancel(*FindJob(job), reason); }},
          outbox_, settings.max_schedules) {}

SteadyTime Fleet::Machine::NextWakeup() const {
  const absl::Duration sleep = scheduler_.Sleep();
  if (sleep == absl::InfiniteDuration()) return deadlines_.Next();
  return std::min(deadlines_.Next(), now_.steady + sleep);
}

std::vector<Effect> Fleet::Machine::Apply(const Event& event, const Now& now) {
  now_ = now;
  scheduler_.SetTime(now.wall);
  std::vector<Effect> effects;
  if (const auto* persisted = std::get_if<Persisted>(&event)) effects = outbox_.Release(persisted->commit);

  // Deadlines first: what was due before the event came is not undone by it.
  while (const auto due = deadlines_.PopDue(now.steady)) {
    std::visit([this](const auto& what) { On(what); }, *due);
  }
  scheduler_.TakeTicks();
  std::visit([this](const auto& what) { On(what); }, event);
  Place();
  WriteTouched();

  std::vector<Effect> closed = outbox_.Close();
  effects.insert(effects.end(), std::move_iterator(closed.begin()), std::move_iterator(closed.end()));
  for (const Effect& effect : effects) {
    const auto* reply = std::get_if<SendHeartbeatReply>(&effect);
    if (reply == nullptr) continue;
    if (Agent* agent = sessions_.ByStream(reply->stream)) agent->reply_waits = false;
  }
  return effects;
}

}  // namespace wsfleet::fleet
