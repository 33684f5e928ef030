#pragma once

#include <string>
#include <vector>

#include "core/base/source.h"
#include "wsfleet/v1/schedule.pb.h"

namespace wsfleet::cli {

// What would become of one schedule.
struct ScheduleDifference {
  std::string name;
  v1::ScheduleChange change = v1::SCHEDULE_CHANGE_UNCHANGED;
  v1::Schedule before, after;      // those that there are
  SourceFiles files, known_files;  // to be applied, and those that it has; of one that changes
  bool secrets_changed = false;
};

// Each schedule with a mark (+ new, ~ changed, - deleted, = the same) and what differs, and a line that counts them.
// Fit for a terminal.
std::string RenderDifferences(const std::vector<ScheduleDifference>& differences);

// "created", "changed", "deleted", "unchanged".
std::string ChangeText(v1::ScheduleChange change);

}  // namespace wsfleet::cli
