#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/fleet/events.h"

namespace wsfleet::fleet {

// An agent that is connected, or was.
struct Agent {
  AgentRecord record;
  StreamId stream;        // its newest; empty: not connected
  bool draining = false;  // its process was told to stop; record.drained is what an operator wants
  std::uint32_t max_shards = 1;
  std::uint32_t language_minor = 1;
  bool takes_not_renewed = false;
  absl::Time connected = absl::InfinitePast();
  absl::Time last_heartbeat = absl::InfinitePast();
  SteadyTime heard_of;       // when its last heartbeat or hello came
  bool silent = false;       // a lease of it ran out while it was connected; nothing is given to it until it speaks
  bool reply_waits = false;  // of a heartbeat's reply something waits for a commit: no second one is queued
  bool unread = false;       // what it sends is not read for the moment: its silence means nothing
  std::deque<SteadyTime> takeovers;  // when another process took its name while one was connected; the latest few
  std::string rivals;                // set: quarantined, since these take its name from each other

  bool is_connected() const { return !stream.empty(); }
  bool drains() const { return draining || record.drained; }
};

// Who is there: agents, the one stream that speaks for each, and its epoch. Only the newest stream of an agent is known
// here, so what comes on an older one finds no agent.
class Sessions {
 public:
  Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // As it was stored: not connected.
  void Restore(const AgentRecord& record);

  // The stream now speaks for the agent; its epoch is one higher than that of any stream before. The caller closes the
  // stream that spoke before.
  Agent& Connect(const AgentConnected& event, const Now& now);

  // Null if the stream does not speak for anybody: unknown, or fenced by a newer one.
  Agent* ByStream(StreamId stream);
  Agent* Find(const AgentId& id);
  const Agent* Find(const AgentId& id) const;

  void Disconnect(Agent& agent);

  // Forgets an agent that is not connected, its epoch too.
  void Remove(const AgentId& id);

  const std::map<AgentId, Agent>& all() const { return agents_; }
  std::size_t connected() const { return streams_.size(); }
  std::set<AgentId> InRegion(const RegionName& region) const;
  // By region, then by id: the first behind `region` and `id`; null at the end.
  const Agent* After(const RegionName& region, const AgentId& id) const;
  // Agents whose region or id is `place`.
  std::vector<const Agent*> At(const std::string& place) const;
  // Regions with an agent that is connected or was lost. Those that are drained do not count: one whose process has
  // left in peace leaves no gap, and a region of which an operator has drained every agent was taken out on purpose.
  std::vector<RegionName> Regions() const;

 private:
  std::map<AgentId, Agent> agents_;
  std::map<StreamId, Agent*> streams_;  // of agents_
  std::map<RegionName, std::set<AgentId>> by_region_;
};

}  // namespace wsfleet::fleet
