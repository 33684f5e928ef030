#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/job/batch.h"

namespace wsfleet::sim {

// The part of the store in memory that holds schedules and what became of their times. It counts for itself: with each
// row of a schedule that is written, the times that its rule names since the last one must be those that were decided
// on.
class ScheduleRows {
 public:
  using Jobs = std::map<JobId, JobRecord>;
  using Ticks = std::map<std::pair<ScheduleName, absl::Time>, TickRecord>;

  // `jobs`: with those of the same batch. Complaints as of MemoryStore::Commit().
  void Write(const WriteBatch& batch, const Jobs& jobs, std::vector<std::string>& wrong);

  const std::map<ScheduleName, ScheduleRecord>& schedules() const { return schedules_; }
  const Ticks& ticks() const { return ticks_; }
  // Of all schedules that there ever were.
  std::uint64_t Total(TickOutcome outcome) const;

 private:
  void WriteTick(const TickRecord& tick, const Jobs& jobs, std::vector<std::string>& wrong);
  void CheckCounts(const ScheduleRecord& schedule, std::vector<std::string>& wrong) const;
  static void CheckNothingIsLost(const ScheduleRecord& before, const ScheduleRecord& after,
                                 std::vector<std::string>& wrong);

  std::map<ScheduleName, ScheduleRecord> schedules_;
  Ticks ticks_;
  std::map<JobId, absl::Time> made_;  // by ticks
  std::map<TickOutcome, std::uint64_t> totals_;
};

std::string Describe(const ScheduleRecord& schedule);

}  // namespace wsfleet::sim
