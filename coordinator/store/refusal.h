#pragma once

#include <optional>

#include "absl/status/status.h"
#include "core/base/ids.h"

// A change that a database can never take: it is there, and a row is too large for it, not unique, or not what a column
// can hold. Whoever tries again is refused again.
namespace wsfleet::store {

// INVALID_ARGUMENT or ALREADY_EXISTS: see store.h.
bool IsRefusal(const absl::Status& status);

// The same error; if it is a refusal, saying that the row was one of this job.
absl::Status InRowOf(const JobId& job, const absl::Status& status);
// Absent: it was not said of any.
std::optional<JobId> RefusedJob(const absl::Status& status);

}  // namespace wsfleet::store
