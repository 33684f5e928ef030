#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/schedule/records.h"
#include "core/schedule/timing.h"

namespace wsfleet::fleet {

struct Schedule {
  ScheduleRecord record;
  std::optional<TickRule> rule;              // absent: this machine does not know its zone (any more)
  absl::Time next = absl::InfiniteFuture();  // nominal time to be decided on next
  std::set<JobId> open;                      // its runs that have not ended

  // A run may start now by its overlap policy.
  bool has_room() const { return open.empty() || record.spec.overlap == OverlapPolicy::kAllow; }
};

// The schedules of a fleet, and which of them has something to decide when. Knows no jobs beyond their ids.
class Schedules {
 public:
  // What is late beyond the newest so many is missed, whatever the catch-up window is.
  static constexpr std::size_t kMaxCaughtUp = 100;
  // The wall clock may be put forward while nothing happens: it is looked at this often.
  static constexpr absl::Duration kLongestSleep = absl::Seconds(30);

  Schedule* Find(const ScheduleName& name);
  const std::map<ScheduleName, Schedule>& all() const { return all_; }

  // Adds it, or replaces its record; open runs of its name stay, also those of one that was removed. What it does with
  // its rule it does from `settled` on.
  Schedule& Put(ScheduleRecord record);
  void Remove(const ScheduleName& name);

  // After `settled`, `waiting` or `paused` of it changed.
  void Update(Schedule& schedule);

  // A run of this name has begun, has ended.
  void AddRun(const ScheduleName& name, const JobId& job);
  void RemoveRun(const ScheduleName& name, const JobId& job);

  // Those that have a nominal time that is due by now, or one that waits and may start.
  std::vector<ScheduleName> Due(absl::Time wall) const;
  // How long nothing is due; infinite if there is nothing to wait for.
  absl::Duration Sleep(absl::Time wall) const;

  // The records that are to be written.
  void Touch(const Schedule& schedule) { touched_.insert(schedule.record.spec.name); }
  std::vector<ScheduleRecord> TakeTouched();

 private:
  std::map<ScheduleName, Schedule> all_;
  std::map<ScheduleName, std::set<JobId>> left_;           // open runs of schedules that were removed
  std::map<ScheduleName, absl::Time> due_;                 // by name, what stands in by_time_
  std::set<std::pair<absl::Time, ScheduleName>> by_time_;  // when a run is to start
  std::set<ScheduleName> ready_;                           // a tick waits, and there is room
  std::set<ScheduleName> touched_;
};

// The nominal times that are due by now, decided by lateness alone.
struct LateTicks {
  std::vector<absl::Time> taken;  // in time, or within the catch-up window; oldest first
  std::uint64_t missed = 0;       // before those
  absl::Time first_missed;
};
LateTicks FindLate(const Schedule& schedule, absl::Time wall);

}  // namespace wsfleet::fleet
