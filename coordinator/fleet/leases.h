#pragma once

#include <map>
#include <set>
#include <vector>

#include "core/job/records.h"

namespace wsfleet::fleet {

// The leases that have not ended, and whose they are. When each expires is kept with the other deadlines.
class Leases {
 public:
  // Goes on with this id; no lower one is ever given.
  void SetNext(LeaseId next) { next_ = next; }
  LeaseId next() const { return next_; }

  LeaseRecord Grant(const ShardId& shard, std::uint32_t attempt, const AgentRecord& agent,
                    std::vector<Budget> shares = {});
  void Restore(const LeaseRecord& lease);
  void End(LeaseId id);

  // Null if it has ended or was never given.
  const LeaseRecord* Find(LeaseId id) const;
  const std::set<LeaseId>& OfAgent(const AgentId& agent) const;
  const std::map<LeaseId, LeaseRecord>& all() const { return leases_; }

 private:
  LeaseId next_{1};
  std::map<LeaseId, LeaseRecord> leases_;
  std::map<AgentId, std::set<LeaseId>> by_agent_;
};

}  // namespace wsfleet::fleet
