#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/job/records.h"
#include "core/policy/fleet_policy.h"
#include "core/schedule/records.h"

// What clients ask of the machine; see events.h for those of agents, and all of them.
namespace wsfleet::fleet {

using RequestId = NumberId<struct RequestIdTag>;  // one client request that waits for an answer

// The machine knows the keys of open runs only: what is kept of ended ones may be more than memory holds. So the shell
// looks the key up in the store, and reports no commit that this did not see before it applies the event.
struct SubmitRequested {
  RequestId request;
  JobId id;  // proposed by the shell, random
  JobSpec spec;
  std::optional<KnownRun> stored = {};  // the run of the same key
};
struct CancelRequested {
  RequestId request;
  JobId job;
  std::string reason;
};
// An operator wants agents to take nothing new, or to take work again: these, and those that are known in this region.
struct SetDrained {
  RequestId request;
  std::vector<AgentId> agents;
  RegionName region;  // empty: none
  bool drained = true;
};
// An operator wants that nothing runs in the fleet, or that everything may again.
struct SetStopped {
  RequestId request;
  bool stopped = true;
  std::string by;
  std::string reason;  // of a stop
};
struct SetPolicy {
  RequestId request;
  FleetPolicy policy;
  std::optional<std::uint64_t> expected_version;  // absent: whatever is there
  bool dry_run = false;                           // only say what would become of it
};
struct ApplySchedule {
  ScheduleSpec spec;
  std::optional<ScheduleEdition> expected;  // absent: whatever is there
  bool dry_run = false;                     // only say what would become of it
};
struct PauseSchedule {
  ScheduleName schedule;
  std::string reason;
};
struct ResumeSchedule {
  ScheduleName schedule;
};
struct DeleteSchedule {
  ScheduleName schedule;
  std::optional<ScheduleEdition> expected = {};
};
using ScheduleRequest = std::variant<ApplySchedule, PauseSchedule, ResumeSchedule, DeleteSchedule>;
struct ScheduleRequested {
  RequestId request;
  ScheduleRequest what;
};
// A run of a schedule now, by hand. Answered as a submit.
struct TriggerRequested {
  RequestId request;
  JobId id;  // proposed by the shell, random
  ScheduleName schedule;
  RunKey key;
  std::optional<KnownRun> stored = {};  // as of a submit
};
// How many clients watch a job now (the shell counts).
struct WatchersChanged {
  JobId job;
  std::uint32_t watchers = 0;
};

}  // namespace wsfleet::fleet
