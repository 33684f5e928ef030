#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/fleet/effects.h"
#include "coordinator/fleet/events.h"
#include "coordinator/fleet/leases.h"
#include "core/base/now.h"

namespace wsfleet::fleet {

struct FleetSettings {
  absl::Duration lease_time = absl::Seconds(90);
  std::uint32_t max_attempts = 3;  // leases of one shard
  absl::Duration unwatched_limit = absl::Seconds(120);
  absl::Duration lost_agents_listed = absl::Hours(1);
  absl::Duration drained_agents_listed = absl::Hours(24 * 7);  // so long it is remembered that a lost one is drained
  // So often processes may take an agent's name from each other within the window; then it is quarantined.
  std::uint32_t max_takeovers = 3;
  absl::Duration takeover_window = absl::Minutes(1);
  absl::Duration quarantine = absl::Minutes(1);
  std::uint32_t max_open_jobs = 1000;
  std::uint32_t max_shards_per_job = 20'000;
  std::uint32_t max_open_shards = 100'000;      // of all jobs that have not ended
  std::uint32_t max_results_per_job = 100'000;  // shards × cases
  std::uint32_t max_agents = 20'000;
  std::uint32_t max_leases_per_turn = 1024;  // the rest follow at once; so others get their turn between them
  std::uint32_t max_schedules = 1000;
  FleetPolicy policy;      // while nobody has set one
  std::uint64_t seed = 0;  // of the ids of runs that schedules make: another one for each machine
};

// What is known of an agent now; for listings.
struct AgentView {
  enum class State { kConnected, kDraining, kDrained, kLost, kQuarantined };  // kDraining: it still works on something
  AgentRecord agent;
  State state = State::kConnected;
  absl::Time connected;
  absl::Time last_heartbeat;
  std::vector<ShardId> shards;
  std::uint32_t max_shards = 1;
  std::uint32_t language_minor = 0;  // 0: not connected
};

// How many there are of what, for monitoring.
struct Census {
  std::map<std::pair<RegionName, AgentView::State>, std::size_t> agents;
  std::size_t waiting = 0;  // shards that wait for an agent, and runs that wait for agents to be known
  bool stopped = false;     // by its kill switch
};

// Where an agent stands in a listing.
struct AgentPlace {
  RegionName region;
  AgentId id;
};

// What a machine leaves behind for the next one of its process.
using LeaseMemory = std::map<LeaseId, LeaseTimes>;

// The pure core of the coordinator: every decision about jobs, shards, leases and agents of one fleet. It reads no
// clock, does no I/O, and has no thread: the caller serialises (the fleet strand). Every change of state is first an
// effect Persist; what must follow it is emitted in answer to Persisted, in order.
class Fleet {
 public:
  explicit Fleet(FleetSettings settings);
  ~Fleet();
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(Fleet&&) noexcept;

  // Goes on from what was stored. Every stored lease counts as live for one lease time from `now`, and its attempt
  // begins anew, unless an earlier machine of this process knew better: however often it is loaded, a lease that nobody
  // renews ends. No agent is connected and nobody watches: the caller closes every stream that an earlier machine knew.
  // Commits are numbered from 1 again. Effects that are due at once come with the first Apply.
  static Fleet Load(FleetSettings settings, const FleetSnapshot& snapshot, const Now& now,
                    const LeaseMemory& known = {});

  std::vector<Effect> Apply(const Event& event, const Now& now);

  // When Apply(TimePassed) is due at the latest; SteadyTime::Infinite() if nothing waits for the time.
  SteadyTime NextWakeup() const;

  // By region, then by id: the first so many behind `after`.
  std::vector<AgentView> AgentsAfter(const AgentPlace& after, std::size_t limit) const;
  std::optional<AgentView> FindAgent(const AgentId& id) const;

  // Looks at each agent.
  Census Count() const;

  // Whether the agent has a lease on a shard of a job of this bundle; without an id: whether any has.
  bool HasLeaseOn(const AgentId& agent, const BundleDigest& bundle) const;

  // Everything that Load() would restore, in a canonical order: the simulation compares it with the store's own.
  // Results are without the evidence that no verdict rests on.
  FleetSnapshot Snapshot() const;

  // For the machine that is loaded when this one is discarded.
  LeaseMemory KnownLeases() const;
  // Of clients: whose answers were to follow from this commit.
  std::vector<RequestId> RequestsOf(CommitId commit) const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace wsfleet::fleet
