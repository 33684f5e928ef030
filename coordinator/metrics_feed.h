#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/fleet/events.h"
#include "core/job/batch.h"
#include "monitoring/metrics.h"

namespace wsfleet::coordinator {

// Counts what a fleet's machine writes, once it is durable. What stands in a batch is all that it knows: of each result
// that is counted, the batch has the rows of its shard and job. Runs on the fleet strand.
class MetricsFeed {
 public:
  // Cases of schedules that are counted under their names; further ones without.
  static constexpr std::size_t kMaxNames = 500;

  // `metrics`: null, or outlives it.
  MetricsFeed(FleetName fleet, monitoring::Metrics* metrics) : fleet_(std::move(fleet)), metrics_(metrics) {}

  void OnPersist(fleet::CommitId commit, const WriteBatch& batch);
  void OnPersisted(fleet::CommitId commit);
  // What was not reported as durable never will be, or nobody knows.
  void Discard() { pending_.clear(); }
  // The fleet is another process's: its schedules' checks are shown there.
  void GiveUp();

 private:
  using Name = std::pair<std::string, std::string>;  // suite, scenario
  struct Check {
    Name name;              // empty: not of a schedule
    ScheduleName schedule;  // empty: not of one
    RegionName region;
    Outcome outcome = Outcome::kInconclusive;
    std::string why;  // class or reason
  };
  struct Commit {
    fleet::CommitId id;
    std::vector<Check> checks;
    std::uint64_t missed = 0;
    std::vector<std::pair<ScheduleName, std::set<Name>>> ended;  // runs of schedules, with the cases that they had
    std::vector<ScheduleName> removed;
  };

  void Count(const Check& check);
  // Shows the last results of this schedule no more, but for these.
  void Forget(const ScheduleName& schedule, const std::set<Name>& but);

  const FleetName fleet_;
  monitoring::Metrics* const metrics_;
  std::deque<Commit> pending_;  // oldest first; the store's queue bounds it
  std::set<Name> names_;
  std::map<std::pair<Name, RegionName>, ScheduleName> shown_;  // whether they passed; the schedule that said so
};

}  // namespace wsfleet::coordinator
