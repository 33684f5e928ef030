#include <utility>

#include "coordinator/fleet/machine.h"
#include "core/base/text.h"
#include "fmt/format.h"

// The agent session: streams, epochs, heartbeats, drain.
namespace wsfleet::fleet {

void Fleet::Machine::On(const AgentConnected& event) {
  const AgentId& id = event.agent.id;
  if (sessions_.ByStream(event.stream) != nullptr) return;
  if (sessions_.Find(id) == nullptr && sessions_.all().size() >= settings_.max_agents) {
    outbox_.Send(CloseStream{event.stream, fmt::format("the fleet has its {} agents", settings_.max_agents)});
    return;
  }
  Agent* before = sessions_.Find(id);
  const bool same_process = before != nullptr && before->record.boot == event.agent.boot;
  if (before != nullptr && !before->rivals.empty()) return SendAway(event.stream, *before);
  if (before != nullptr && before->is_connected()) {
    if (!same_process && TakesOverTooOften(*before)) return Quarantine(*before, event);
    const std::string_view who =
        same_process ? "" : ": another process has its name, and the newest is kept; give each an --id of its own";
    outbox_.Send(
        CloseStream{before->stream, fmt::format("fenced: agent {} has connected again, as boot {} on {}{}", id.value(),
                                                event.agent.boot.value(), event.agent.vantage, who)});
  }
  std::set<LeaseId> held;
  for (const HeldLease& lease : event.held) {
    const LeaseRecord* known = leases_.Find(lease.lease);
    // A new process has nothing but the spool of the one before; the lease lasts until that is delivered.
    const bool current =
        (same_process || lease.interrupted) && known != nullptr && known->agent == id && known->shard == lease.shard;
    if (current) held.insert(lease.lease);
  }
  if (before != nullptr) EndLeasesNotHeld(id, same_process, held);

  const Agent& agent = sessions_.Connect(event, now_);
  deadlines_.Clear(AgentForgotten{id});
  outbox_.batch().agents.push_back(agent.record);
  outbox_.Send(SendWelcome{event.stream, agent.record.epoch, {held.begin(), held.end()}});
  // The agent counts its leases from sending the hello.
  if (agent.record.drained) outbox_.Send(SendDrain{event.stream, true});
  if (kill_switch_.stopped) outbox_.Send(SendStop{event.stream, true, WhyStopped(kill_switch_)});
  for (const LeaseId lease : held) Renew(agent, lease);
  for (const LeaseId lease : held) {
    if (const auto reason = WhyToStop(*leases_.Find(lease))) outbox_.Send(SendCancel{event.stream, lease, *reason});
  }
  RoomChanged(agent);
}

void Fleet::Machine::RoomChanged(const Agent& agent) {
  matchmaker_.Update(agent, leases_.OfAgent(agent.record.id).size(), true);
}

// A process that starts again has ended before: its stream is gone. Where a live one is replaced again and again, two
// of one name run beside each other, each started again whenever the other one ends it, and no shard gets to its end.
bool Fleet::Machine::TakesOverTooOften(Agent& agent) const {
  agent.takeovers.push_back(now_.steady);
  while (now_.steady - agent.takeovers.front() > settings_.takeover_window) agent.takeovers.pop_front();
  return agent.takeovers.size() > settings_.max_takeovers;
}

// Not stored: a coordinator that starts again lets them in, and finds out again.
void Fleet::Machine::Quarantine(Agent& agent, const AgentConnected& rival) {
  agent.takeovers.clear();
  agent.rivals = fmt::format("boot {} on {} and boot {} on {}", agent.record.boot.value(), agent.record.vantage,
                             rival.agent.boot.value(), rival.agent.vantage);
  deadlines_.Set(QuarantineEnds{agent.record.id}, now_.steady + settings_.quarantine);
  SendAway(agent.stream, agent);
  SendAway(rival.stream, agent);
  Lose(agent);
}

void Fleet::Machine::SendAway(StreamId stream, const Agent& agent) {
  const absl::Duration left = deadlines_.DueTime(QuarantineEnds{agent.record.id}).value_or(now_.steady) - now_.steady;
  outbox_.Send(CloseStream{
      stream,
      fmt::format("quarantined: processes take the name {} from each other, {} last; give each a name of its own "
                  "(--id) or end one; it is let in again in {}",
                  agent.record.id.value(), agent.rivals, DurationText(absl::Ceil(left, absl::Seconds(1)))),
      true});
}

void Fleet::Machine::On(const QuarantineEnds& due) {
  if (Agent* agent = sessions_.Find(due.id)) agent->rivals.clear();
}

void Fleet::Machine::EndLeasesNotHeld(const AgentId& agent, bool same_process, const std::set<LeaseId>& held) {
  const std::set<LeaseId> leases = leases_.OfAgent(agent);
  for (const LeaseId id : leases) {
    if (held.contains(id)) continue;
    const ShardId& shard = leases_.Find(id)->shard;
    const bool confirmed = FindJob(shard.job)->Find(shard.index)->record.state == ShardState::kRunning;
    if (!same_process) {
      // Counted even if the agent never confirmed it: a job that kills its agents must stop at the limit.
      EndLease(id, LeaseEnd::kLost, fmt::format("agent {} was restarted", agent.value()));
    } else if (confirmed) {
      EndLease(id, LeaseEnd::kLost, fmt::format("agent {} gave it up", agent.value()));
    } else {
      EndLease(id, LeaseEnd::kNeverArrived, fmt::format("the assignment did not reach agent {}", agent.value()));
    }
  }
}

bool Fleet::Machine::Renew(const Agent& agent, LeaseId id) {
  const LeaseRecord* lease = leases_.Find(id);
  if (lease == nullptr || lease->agent != agent.record.id) return false;
  Job& job = *FindJob(lease->shard.job);
  Shard& shard = *job.Find(lease->shard.index);
  if (shard.Confirm()) TouchShard(job, shard, true);
  // A lease that is to end runs out, so that it ends even if the agent never stops.
  if (WhyToStop(*lease)) return true;
  leases_.Renew(id);
  deadlines_.Set(LeaseExpires{id}, now_.steady + settings_.lease_time);
  return true;
}

void Fleet::Machine::On(const AgentDisconnected& event) {
  Agent* agent = sessions_.ByStream(event.stream);
  if (agent == nullptr) return;
  Lose(*agent);
}

// Its leases go on until they expire: it may come back.
void Fleet::Machine::Lose(Agent& agent) {
  sessions_.Disconnect(agent);
  RoomChanged(agent);
  // Who has drained and holds nothing has left in peace: nobody waits for it.
  const bool left = agent.draining && leases_.OfAgent(agent.record.id).empty();
  ForgetLater(agent, left ? absl::ZeroDuration() : settings_.lost_agents_listed);
}

void Fleet::Machine::ForgetLater(const Agent& agent, absl::Duration listed) {
  // It may be a host that is repaired: what an operator wants of it outlives its process.
  if (agent.record.drained) listed = settings_.drained_agents_listed;
  deadlines_.Set(AgentForgotten{agent.record.id}, now_.steady + listed);
}

void Fleet::Machine::On(const AgentForgotten& due) {
  if (!leases_.OfAgent(due.id).empty()) {
    deadlines_.Set(due, now_.steady + settings_.lease_time);
    return;
  }
  sessions_.Remove(due.id);
  outbox_.batch().removed_agents.push_back(due.id);
}

void Fleet::Machine::On(const HeartbeatReceived& event) {
  Agent* agent = sessions_.ByStream(event.stream);
  if (agent == nullptr) return;
  agent->last_heartbeat = now_.wall;
  agent->heard_of = now_.steady;
  if (std::exchange(agent->silent, false)) RoomChanged(*agent);
  SendHeartbeatReply reply{event.stream, event.number, {}, {}, agent->record.drained, kill_switch_.stopped};
  for (const LeaseId lease : event.leases) {
    if (!Renew(*agent, lease)) reply.lost.push_back(lease);
  }
  for (const LeaseId lease : leases_.OfAgent(agent->record.id)) {
    if (WhyToStop(*leases_.Find(lease))) reply.cancel.push_back(lease);
  }
  // What only renews rests on no change, since renewals are not stored: a slow store does not hold it up.
  if (reply.cancel.empty() && reply.lost.empty()) return outbox_.SendNow(std::move(reply));
  if (agent->takes_not_renewed) {
    SendHeartbeatReply at_once = reply;
    at_once.not_renewed = std::exchange(at_once.cancel, {});
    const std::vector<LeaseId> lost = std::exchange(at_once.lost, {});
    at_once.not_renewed.insert(at_once.not_renewed.end(), lost.begin(), lost.end());
    outbox_.SendNow(std::move(at_once));
  }
  // Of the others one waits; the agent counts from the heartbeat that it answers, so that is safe.
  if (agent->reply_waits) return;
  agent->reply_waits = true;
  outbox_.Send(std::move(reply));
}

void Fleet::Machine::On(const DrainRequested& event) {
  Agent* agent = sessions_.ByStream(event.stream);
  if (agent == nullptr) return;
  agent->draining = true;
  RoomChanged(*agent);
}

void Fleet::Machine::On(const SetDrained& event) {
  std::set<AgentId> ids(event.agents.begin(), event.agents.end());
  absl::Status missing;
  for (const AgentId& id : ids) {
    if (sessions_.Find(id) == nullptr)
      missing = absl::NotFoundError(fmt::format("no agent \"{}\" in this fleet", id.value()));
  }
  if (!event.region.empty()) {
    const std::set<AgentId> there = sessions_.InRegion(event.region);
    ids.insert(there.begin(), there.end());
    if (there.empty()) missing = absl::NotFoundError(fmt::format("no agent in region \"{}\"", event.region.value()));
  }
  if (!missing.ok()) return outbox_.Send(AnswerWish{event.request, missing});
  for (const AgentId& id : ids) SetDrainedOf(*sessions_.Find(id), event.drained);
  outbox_.Send(AnswerWish{event.request, absl::OkStatus()});
}

void Fleet::Machine::SetDrainedOf(Agent& agent, bool drained) {
  if (agent.record.drained == drained) return;
  agent.record.drained = drained;
  outbox_.batch().agents.push_back(agent.record);
  RoomChanged(agent);
  if (agent.is_connected()) {
    outbox_.Send(SendDrain{agent.stream, drained});
  } else {
    ForgetLater(agent, settings_.lost_agents_listed);
  }
}

AgentView::State Fleet::Machine::StateOf(const Agent& agent) const {
  if (!agent.rivals.empty()) return AgentView::State::kQuarantined;
  if (!agent.is_connected()) return AgentView::State::kLost;
  if (agent.record.drained && leases_.OfAgent(agent.record.id).empty()) return AgentView::State::kDrained;
  return agent.drains() ? AgentView::State::kDraining : AgentView::State::kConnected;
}

void Fleet::Machine::On(const ReadingPaused& event) {
  if (Agent* agent = sessions_.ByStream(event.stream)) agent->unread = true;
}

void Fleet::Machine::On(const ReadingResumed& event) {
  Agent* agent = sessions_.ByStream(event.stream);
  if (agent == nullptr) return;
  agent->unread = false;
  agent->heard_of = now_.steady;  // the heartbeats that lie there are about to be read
  for (const LeaseId lease : leases_.OfAgent(agent->record.id)) {
    if (deadlines_.DueTime(LeaseExpires{lease})) {
      deadlines_.Set(LeaseExpires{lease}, now_.steady + settings_.lease_time);
    }
  }
}

AgentView Fleet::Machine::View(const Agent& agent) const {
  AgentView view;
  view.agent = agent.record;
  view.state = StateOf(agent);
  view.connected = agent.connected;
  view.last_heartbeat = agent.last_heartbeat;
  view.max_shards = agent.max_shards;
  view.language_minor = agent.is_connected() ? agent.language_minor : 0;
  for (const LeaseId lease : leases_.OfAgent(agent.record.id)) view.shards.push_back(leases_.Find(lease)->shard);
  return view;
}

std::vector<AgentView> Fleet::Machine::AgentsAfter(const AgentPlace& after, std::size_t limit) const {
  std::vector<AgentView> views;
  const Agent* agent = sessions_.After(after.region, after.id);
  for (; agent != nullptr && views.size() < limit; agent = sessions_.After(agent->record.region, agent->record.id)) {
    views.push_back(View(*agent));
  }
  return views;
}

bool Fleet::Machine::HasLeaseOn(const AgentId& agent, const BundleDigest& bundle) const {
  const auto is_of_bundle = [&](const LeaseRecord& lease) {
    return jobs_.at(lease.shard.job).record().spec.bundle == bundle;
  };
  if (agent.empty()) {
    return std::ranges::any_of(leases_.all(), [&](const auto& entry) { return is_of_bundle(entry.second); });
  }
  return std::ranges::any_of(leases_.OfAgent(agent), [&](LeaseId id) { return is_of_bundle(*leases_.Find(id)); });
}

Census Fleet::Machine::Count() const {
  Census census;
  for (const auto& [id, agent] : sessions_.all()) ++census.agents[{agent.record.region, StateOf(agent)}];
  census.stopped = kill_switch_.stopped;
  census.waiting = matchmaker_.waiting() + budgets_.parked() + queued_.size();
  return census;
}

std::optional<AgentView> Fleet::Machine::FindAgent(const AgentId& id) const {
  const Agent* agent = sessions_.Find(id);
  return agent == nullptr ? std::nullopt : std::optional(View(*agent));
}

}  // namespace wsfleet::fleet
