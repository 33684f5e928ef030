#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// Common Test Report Format, specVersion 0.0.0 (github.com/ctrf-io/ctrf, schema/ctrf.schema.json): a test for each case
// and region, suite = [suite, region]; inconclusive is "other"; what the format has no word for is in `extra`.
std::string RenderCtrf(const RunRecord& record);

}  // namespace wsfleet::cli
