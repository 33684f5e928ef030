#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "coordinator/fleet/sessions.h"

namespace wsfleet::fleet {

// The agents that may be given a shard now: connected, not draining, not silent, with room. By region; in a region
// those with the fewest leases first, then by id. The machine tells it whenever one of these changes.
class FreeAgents {
 public:
  using Rank = std::pair<std::size_t, AgentId>;  // leases, agent

  // What is true of the agent now. False: it may not be given one.
  bool Update(const Agent& agent, std::size_t leases);
  void Remove(const AgentId& id);

  // Null if it is not free.
  const Rank* Find(const AgentId& id) const;
  const std::map<RegionName, std::set<Rank>>& by_region() const { return by_region_; }

 private:
  struct Known {
    RegionName region;
    Rank rank;
  };
  std::map<AgentId, Known> known_;
  std::map<RegionName, std::set<Rank>> by_region_;
};

}  // namespace wsfleet::fleet
