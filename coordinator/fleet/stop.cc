#include <utility>

#include "coordinator/fleet/machine.h"

// The kill switch: nothing of the fleet runs while it is stopped.
namespace wsfleet::fleet {

// The wish and the end of every run are one commit, which is small, so that agents hear of it soon; what follows from
// it for each shard comes in the turns after.
void Fleet::Machine::On(const SetStopped& event) {
  outbox_.Send(AnswerWish{event.request, absl::OkStatus()});
  // The first who stopped it is named.
  if (kill_switch_.stopped == event.stopped) return;
  kill_switch_ = {event.stopped, event.by, event.reason, now_.wall};
  outbox_.batch().kill_switch = kill_switch_;
  const std::string why = event.stopped ? WhyStopped(kill_switch_) : "";
  for (const auto& [id, agent] : sessions_.all()) {
    if (agent.is_connected()) outbox_.Send(SendStop{agent.stream, event.stopped, why});
  }
  if (!event.stopped) return scheduler_.Resume();
  scheduler_.Stop(why);
  for (auto& [id, job] : jobs_) {
    if (!job.Cancel(why)) continue;
    Touch(job).announce = true;
    stopping_.push_back(id);
  }
}

void Fleet::Machine::StopNext() {
  if (stopping_.empty()) return;
  // One that had no shards has ended.
  Job* job = FindJob(stopping_.front());
  stopping_.pop_front();
  if (job != nullptr) Stop(*job);
}

}  // namespace wsfleet::fleet
