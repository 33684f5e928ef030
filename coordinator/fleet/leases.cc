#include "coordinator/fleet/leases.h"

#include <utility>

namespace wsfleet::fleet {

LeaseRecord Leases::Grant(const ShardId& shard, std::uint32_t attempt, const AgentRecord& agent,
                          std::vector<Budget> shares) {
  LeaseRecord lease{next_, shard, attempt, agent.id, agent.boot, std::move(shares)};
  next_ = LeaseId(next_.value() + 1);
  Add(lease);
  return lease;
}

void Leases::Restore(const LeaseRecord& lease) {
  Add(lease);
  only_restored_.insert(lease.id);
}

void Leases::Add(const LeaseRecord& lease) {
  leases_[lease.id] = lease;
  by_agent_[lease.agent].insert(lease.id);
}

void Leases::End(LeaseId id) {
  const auto found = leases_.find(id);
  if (found == leases_.end()) return;
  const auto agent = by_agent_.find(found->second.agent);
  agent->second.erase(id);
  if (agent->second.empty()) by_agent_.erase(agent);
  leases_.erase(found);
  only_restored_.erase(id);
}

const LeaseRecord* Leases::Find(LeaseId id) const {
  const auto found = leases_.find(id);
  return found == leases_.end() ? nullptr : &found->second;
}

const std::set<LeaseId>& Leases::OfAgent(const AgentId& agent) const {
  static const std::set<LeaseId> kNone;
  const auto found = by_agent_.find(agent);
  return found == by_agent_.end() ? kNone : found->second;
}

}  // namespace wsfleet::fleet
