#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "core/base/ids.h"
#include "wsfleet/v1/job.pb.h"

namespace wsfleet::coordinator {

using WatcherId = NumberId<struct WatcherIdTag>;

// One client that watches one job.
struct Watcher {
  // Events up to this number are durable; 0: it is not known up to which, look.
  std::function<void(std::uint64_t last_event)> wake;
  std::function<void(const v1::ProgressTick&)> tick;  // may be dropped
  std::function<void(const absl::Status&)> end;       // the coordinator stops, or nothing will follow
};

// Who watches which job. Runs on the fleet strand.
class Watchers {
 public:
  static constexpr std::size_t kMaxWatchers = 4096;

  // Absent: there are too many.
  std::optional<WatcherId> Add(const JobId& job, Watcher watcher);
  // The job that it watched; empty if it is gone already.
  JobId Remove(WatcherId id);

  void Wake(const JobId& job, std::uint64_t last_event) const;
  void Tick(const JobId& job, const v1::ProgressTick& tick) const;
  void EndOf(const JobId& job, const absl::Status& status);
  void EndAll(const absl::Status& status);

  std::uint32_t CountOf(const JobId& job) const;
  std::vector<JobId> Jobs() const;

 private:
  std::uint64_t last_id_ = 0;
  std::map<WatcherId, JobId> jobs_;
  std::map<JobId, std::map<WatcherId, Watcher>> watchers_;
};

}  // namespace wsfleet::coordinator
