#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/plan/schedules_file.h"

namespace wsfleet::cli {

// What a client asks of a coordinator about schedules. Every call blocks, and has a limit of its own. NOT_FOUND: there
// is no schedule of this name.

// What would become of it, and what has: ABORTED if there is by now another one than `expected` (default: none).
absl::StatusOr<v1::ApplyScheduleReply> TryApply(CoordinatorClient& client, const PreparedSchedule& schedule);
absl::StatusOr<v1::ApplyScheduleReply> Apply(CoordinatorClient& client, const PreparedSchedule& schedule,
                                             const v1::Schedule& expected);

absl::StatusOr<v1::Schedule> GetSchedule(CoordinatorClient& client, const std::string& name);
// By name.
absl::StatusOr<std::vector<v1::Schedule>> ListSchedules(CoordinatorClient& client);
// The files that its runs have.
absl::StatusOr<Bundle> FetchScheduleBundle(CoordinatorClient& client, const std::string& name);

// False: it was so already.
absl::StatusOr<bool> PauseSchedule(CoordinatorClient& client, const std::string& name, const std::string& reason);
absl::StatusOr<bool> ResumeSchedule(CoordinatorClient& client, const std::string& name);
// With `expected`: ABORTED if there is another one by now.
absl::Status DeleteSchedule(CoordinatorClient& client, const std::string& name, const v1::Schedule* expected = nullptr);
absl::StatusOr<v1::SubmitReply> TriggerSchedule(CoordinatorClient& client, const std::string& name,
                                                const std::string& run_key);

}  // namespace wsfleet::cli
