#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/job/records.h"
#include "core/policy/fleet_policy.h"
#include "core/schedule/records.h"

// See coordinator/store/store.h for threads and errors.
namespace wsfleet::store {

// For queries and watches: committed state only. Calls may overlap those of FleetStore.
class JobReader {
 public:
  struct JobView {
    JobRecord job;
    std::vector<ShardRecord> shards;
  };
  struct ResultView {
    CaseResultRecord taken;
    RegionName region;         // of its shard; the term if that is not known
    std::uint64_t number = 0;  // rises in the order of commit
  };
  struct EventView {
    JobEventRecord event;
    std::optional<ResultView> result;  // of a result event
  };
  // How far somebody has seen what became of a job: these events, and these shards in the order in which they changed.
  struct ChangeCursor {
    std::uint64_t event = 0;
    std::uint64_t changed = 0;  // ShardRecord::changed, and of those with the same their index
    ShardIndex shard;
  };
  struct Changes {
    JobRecord job;
    std::vector<EventView> events;
    std::vector<ShardRecord> shards;
    bool is_all = false;  // nothing else follows the cursor
  };
  struct ResultCursor {
    ShardIndex shard;
    std::uint64_t number = 0;
  };
  virtual ~JobReader() = default;
  virtual absl::StatusOr<JobView> GetJob(const FleetName& fleet, const JobId& job) = 0;
  // Newest first, without shards; those older than `before` if it is not empty. NOT_FOUND: `before` is gone.
  virtual absl::StatusOr<std::vector<JobRecord>> ListJobs(const FleetName& fleet, std::uint32_t limit,
                                                          const JobId& before) = 0;
  // What follows the cursor at one moment: events, and when no more of these follow, shards as they are then. A page: a
  // few hundred of them, and of events hardly more than a mebibyte.
  virtual absl::StatusOr<Changes> ChangesAfter(const FleetName& fleet, const JobId& job,
                                               const ChangeCursor& cursor) = 0;
  // Results by shard, in each in the order of commit: a page such as that of events, empty at the end. Ids of jobs are
  // unique over all fleets.
  virtual absl::StatusOr<std::vector<ResultView>> ResultsAfter(const JobId& job, const ResultCursor& cursor) = 0;
};

// For queries, as JobReader.
class ScheduleReader {
 public:
  struct Run {  // as it is now
    JobState state = JobState::kQueued;
    std::optional<JobVerdict> verdict;
  };
  struct TickView {
    TickRecord tick;
    std::optional<Run> run;  // that it made, while that is kept
  };
  struct ScheduleView {
    ScheduleRecord schedule;
    std::optional<Run> last;      // its last run
    std::vector<TickView> ticks;  // newest first; empty in a list
  };
  virtual ~ScheduleReader() = default;
  virtual absl::StatusOr<ScheduleView> GetSchedule(const FleetName& fleet, const ScheduleName& name,
                                                   std::uint32_t max_ticks) = 0;
  // By name; those after `after`.
  virtual absl::StatusOr<std::vector<ScheduleView>> ListSchedules(const FleetName& fleet, std::uint32_t limit,
                                                                  const ScheduleName& after) = 0;
};

// For queries, as JobReader.
class PolicyReader {
 public:
  virtual ~PolicyReader() = default;
  // Absent: nobody has set one.
  virtual absl::StatusOr<std::optional<PolicyRecord>> GetPolicy(const FleetName& fleet) = 0;
};

}  // namespace wsfleet::store
