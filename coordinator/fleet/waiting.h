#pragma once

#include <cstdint>
#include <set>
#include <utility>

#include "coordinator/fleet/free_agents.h"
#include "coordinator/fleet/pending.h"

namespace wsfleet::fleet {

// What waits for agents, and the agents that wait for it. placing.cc brings them together.
struct Waiting {
  std::set<std::pair<std::uint64_t, JobId>> queued;  // without shards, oldest first
  Pending pending;
  FreeAgents free;
  std::set<AgentId> freed;          // have gained room since they were last offered something
  std::set<Pending::Key> unplaced;  // wait, and were not offered to the agents that were free already
  std::uint32_t leases_left = 0;    // that this turn may give
};

}  // namespace wsfleet::fleet
