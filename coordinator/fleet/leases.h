#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/base/now.h"
#include "core/job/records.h"

namespace wsfleet::fleet {

// What a machine knows of a lease beyond what is stored.
struct LeaseTimes {
  std::optional<SteadyTime> expires;      // its agent has not renewed it since it was loaded, or cannot any more
  std::optional<SteadyTime> attempt_due;  // in the past: the attempt's time is over
};

// The leases that have not ended, and whose they are. When each expires is kept with the other deadlines.
class Leases {
 public:
  // Goes on with this id; no lower one is ever given.
  void SetNext(LeaseId next) { next_ = next; }
  LeaseId next() const { return next_; }

  LeaseRecord Grant(const ShardId& shard, std::uint32_t attempt, const AgentRecord& agent,
                    std::vector<Budget> shares = {});
  void Restore(const LeaseRecord& lease);
  // By its agent.
  void Renew(LeaseId id) { only_restored_.erase(id); }
  bool IsOnlyRestored(LeaseId id) const { return only_restored_.contains(id); }
  void End(LeaseId id);

  // Null if it has ended or was never given.
  const LeaseRecord* Find(LeaseId id) const;
  const std::set<LeaseId>& OfAgent(const AgentId& agent) const;
  const std::map<LeaseId, LeaseRecord>& all() const { return leases_; }

 private:
  void Add(const LeaseRecord& lease);

  LeaseId next_{1};
  std::map<LeaseId, LeaseRecord> leases_;
  std::map<AgentId, std::set<LeaseId>> by_agent_;
  std::set<LeaseId> only_restored_;  // from the store, and not renewed since
};

}  // namespace wsfleet::fleet
