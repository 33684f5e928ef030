#include "coordinator/fleet/free_agents.h"

namespace wsfleet::fleet {

bool FreeAgents::Update(const Agent& agent, std::size_t leases) {
  const AgentId& id = agent.record.id;
  Remove(id);
  if (!agent.is_connected() || agent.drains() || agent.silent || leases >= agent.max_shards) return false;
  known_[id] = {agent.record.region, {leases, id}};
  by_region_[agent.record.region].insert({leases, id});
  return true;
}

void FreeAgents::Remove(const AgentId& id) {
  const auto known = known_.find(id);
  if (known == known_.end()) return;
  const auto region = by_region_.find(known->second.region);
  region->second.erase(known->second.rank);
  if (region->second.empty()) by_region_.erase(region);
  known_.erase(known);
}

const FreeAgents::Rank* FreeAgents::Find(const AgentId& id) const {
  const auto known = known_.find(id);
  return known == known_.end() ? nullptr : &known->second.rank;
}

}  // namespace wsfleet::fleet
