#pragma once

#include <cstddef>
#include <optional>
#include <set>

#include "coordinator/fleet/free_agents.h"
#include "coordinator/fleet/pending.h"
#include "coordinator/fleet/sessions.h"

namespace wsfleet::fleet {

// Brings the shards that wait together with the agents that have room, and looks at nothing twice: what has waited
// found no agent that was free then, so it is only offered to those that have gained room since; what begins to wait is
// offered to all that are free.
class Matchmaker {
 public:
  void BeginWaiting(const Pending::Key& key, const Term& term);
  void StopWaiting(const Pending::Key& key, const Term& term);

  // What is true of the agent now. `has_gained`: it may have room that nobody was offered.
  void Update(const Agent& agent, std::size_t leases, bool has_gained);

  // The next shard that may find an agent now, those of the oldest job first; nothing if there is none. Who asks gives
  // it one, or leaves it waiting.
  std::optional<Pending::Key> Next(const Sessions& sessions);
  bool HasNext() const { return !freed_.empty() || !new_.empty(); }

  std::size_t waiting() const { return pending_.size(); }
  const FreeAgents& free() const { return free_; }

 private:
  Pending pending_;
  FreeAgents free_;
  std::set<AgentId> freed_;              // have gained room, and were not yet offered all that waits
  std::set<Pending::Key> new_;           // wait, and were offered to nobody yet
  AgentId offered_to_;                   // the one of those freed that is asked now
  std::optional<Pending::Key> offered_;  // what it was offered last
};

}  // namespace wsfleet::fleet
