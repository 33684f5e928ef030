#include "coordinator/fleet/sessions.h"

#include <algorithm>

namespace wsfleet::fleet {

void Sessions::Restore(const AgentRecord& record) {
  Agent& agent = agents_[record.id];
  agent.record = record;
  by_region_[record.region].insert(record.id);
}

Agent& Sessions::Connect(const AgentConnected& event, const Now& now) {
  Agent& agent = agents_[event.agent.id];
  const bool same_process = agent.record.boot == event.agent.boot;
  if (const auto region = by_region_.find(agent.record.region); region != by_region_.end()) {
    region->second.erase(event.agent.id);
    if (region->second.empty()) by_region_.erase(region);
  }
  streams_.erase(agent.stream);
  const SessionEpoch epoch(agent.record.epoch.value() + 1);
  const bool drained = agent.record.drained;

  agent.record = event.agent;
  agent.record.epoch = epoch;
  agent.record.drained = drained;
  agent.stream = event.stream;
  agent.draining = agent.draining && same_process;  // a process that drains goes on draining
  agent.max_shards = event.max_shards;
  agent.language_minor = event.language_minor;
  agent.takes_not_renewed = event.takes_not_renewed;
  agent.connected = now.wall;
  agent.last_heartbeat = now.wall;
  agent.reply_waits = false;
  agent.unread = false;
  agent.heard_of = now.steady;
  agent.silent = false;
  streams_[event.stream] = &agent;
  by_region_[event.agent.region].insert(event.agent.id);
  return agent;
}

Agent* Sessions::ByStream(StreamId stream) {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : found->second;
}

Agent* Sessions::Find(const AgentId& id) {
  const auto found = agents_.find(id);
  return found == agents_.end() ? nullptr : &found->second;
}

const Agent* Sessions::Find(const AgentId& id) const {
  const auto found = agents_.find(id);
  return found == agents_.end() ? nullptr : &found->second;
}

void Sessions::Disconnect(Agent& agent) {
  streams_.erase(agent.stream);
  agent.stream = {};
  agent.unread = false;
}

void Sessions::Remove(const AgentId& id) {
  const auto found = agents_.find(id);
  if (found == agents_.end() || found->second.is_connected()) return;
  const auto region = by_region_.find(found->second.record.region);
  region->second.erase(id);
  if (region->second.empty()) by_region_.erase(region);
  agents_.erase(found);
}

std::set<AgentId> Sessions::InRegion(const RegionName& region) const {
  const auto found = by_region_.find(region);
  return found == by_region_.end() ? std::set<AgentId>() : found->second;
}

const Agent* Sessions::After(const RegionName& region, const AgentId& id) const {
  for (auto found = by_region_.lower_bound(region); found != by_region_.end(); ++found) {
    const std::set<AgentId>& ids = found->second;
    const auto next = found->first == region ? ids.upper_bound(id) : ids.begin();
    if (next != ids.end()) return Find(*next);
  }
  return nullptr;
}

std::vector<const Agent*> Sessions::At(const std::string& place) const {
  std::vector<const Agent*> agents;
  if (const Agent* named = Find(AgentId(place))) agents.push_back(named);
  const auto region = by_region_.find(RegionName(place));
  if (region == by_region_.end()) return agents;
  for (const AgentId& id : region->second) {
    if (id.value() != place) agents.push_back(Find(id));
  }
  return agents;
}

std::vector<RegionName> Sessions::Regions() const {
  std::vector<RegionName> regions;
  for (const auto& [region, ids] : by_region_) {
    const bool there = std::ranges::any_of(ids, [&](const AgentId& id) {
      const Agent& agent = *Find(id);
      return !agent.record.drained && (agent.is_connected() || !agent.draining);
    });
    if (there) regions.push_back(region);
  }
  return regions;
}

}  // namespace wsfleet::fleet
