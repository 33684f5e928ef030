#include <utility>

#include "coordinator/fleet/machine.h"
#include "fmt/format.h"

// The agent session: streams, epochs, heartbeats, drain.
namespace wsfleet::fleet {

void Fleet::Machine::On(const AgentConnected& event) {
  const AgentId& id = event.agent.id;
  if (sessions_.ByStream(event.stream) != nullptr) return;
  if (!HasRoomFor(id)) {
    outbox_.Send(CloseStream{event.stream, fmt::format("the fleet has its {} agents", settings_.max_agents)});
    return;
  }
  const Agent* before = sessions_.Find(id);
  const bool same_process = before != nullptr && before->record.boot == event.agent.boot;
  if (before != nullptr && before->is_connected()) {
    outbox_.Send(CloseStream{before->stream, fmt::format("fenced: agent {} has connected again, as boot {} on {}",
                                                         id.value(), event.agent.boot.value(), event.agent.vantage)});
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
  for (const LeaseId lease : held) Renew(agent, lease);
  for (const LeaseId lease : held) {
    if (const auto reason = FindJob(leases_.Find(lease)->shard.job)->StopReason()) {
      outbox_.Send(SendCancel{event.stream, lease, *reason});
    }
  }
  RoomChanged(agent);
}

void Fleet::Machine::RoomChanged(const Agent& agent) {
  matchmaker_.Update(agent, leases_.OfAgent(agent.record.id).size(), true);
}

bool Fleet::Machine::HasRoomFor(const AgentId& id) const {
  return sessions_.Find(id) != nullptr || sessions_.all().size() < settings_.max_agents;
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
  // The lease of a job that is to end runs out, so that the job ends even if the agent never stops.
  if (!job.is_stopping()) deadlines_.Set(LeaseExpires{id}, now_.steady + settings_.lease_time);
  return true;
}

void Fleet::Machine::On(const AgentDisconnected& event) {
  Agent* agent = sessions_.ByStream(event.stream);
  if (agent == nullptr) return;
  // Its leases go on until they expire: it may come back.
  sessions_.Disconnect(*agent);
  RoomChanged(*agent);
  // Who has drained and holds nothing has left in peace: nobody waits for it.
  const bool left = agent->draining && leases_.OfAgent(agent->record.id).empty();
  deadlines_.Set(AgentForgotten{agent->record.id}, left ? now_.steady : now_.steady + settings_.lost_agents_listed);
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
  SendHeartbeatReply reply{event.stream, event.number, {}, {}, agent->draining};
  for (const LeaseId lease : event.leases) {
    if (!Renew(*agent, lease)) reply.lost.push_back(lease);
  }
  for (const LeaseId lease : leases_.OfAgent(agent->record.id)) {
    if (FindJob(leases_.Find(lease)->shard.job)->is_stopping()) reply.cancel.push_back(lease);
  }
  // One that only renews rests on no change, since renewals are not stored: a slow store does not hold it up.
  if (reply.cancel.empty() && reply.lost.empty()) return outbox_.SendNow(std::move(reply));
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
  view.state = !agent.is_connected() ? AgentView::State::kLost
               : agent.draining      ? AgentView::State::kDraining
                                     : AgentView::State::kConnected;
  view.connected = agent.connected;
  view.last_heartbeat = agent.last_heartbeat;
  view.max_shards = agent.max_shards;
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

std::optional<AgentView> Fleet::Machine::FindAgent(const AgentId& id) const {
  const Agent* agent = sessions_.Find(id);
  return agent == nullptr ? std::nullopt : std::optional(View(*agent));
}

}  // namespace wsfleet::fleet
