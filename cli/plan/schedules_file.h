#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/plan/prepare.h"
#include "core/schedule/parse_schedules.h"

namespace wsfleet::cli {

// A schedule of a file, and what its runs are made of.
struct PreparedSchedule {
  ScheduleText text;
  Prepared run;
};

// The schedules of these files, `-` being stdin: read, checked, and each plan resolved, with what this machine's
// environment and files have for it. Paths in a file begin where the file is. Warnings of suites go to stderr.
// INVALID_ARGUMENT, NOT_FOUND: what is wrong, with its place.
absl::StatusOr<std::vector<PreparedSchedule>> ReadSchedules(const std::vector<std::string>& paths,
                                                            const Environment& environment);

}  // namespace wsfleet::cli
