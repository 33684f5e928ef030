#pragma once

#include "absl/status/statusor.h"
#include "boost/json/value.hpp"
#include "cli/report/run_record.h"

namespace wsfleet::cli {

// The canonical bundle of a run, from which every format renders, also later (`runs report --from`). Of the author's
// files it holds those that a failure points at.
boost::json::value ToJson(const RunRecord& record);

// What ToJson wrote, of this and earlier versions, summarised. Unknown members are ignored. INVALID_ARGUMENT: it is not
// the JSON of a run, or a member has the wrong type (with its path).
absl::StatusOr<RunRecord> RunRecordFromJson(const boost::json::value& json);

}  // namespace wsfleet::cli
