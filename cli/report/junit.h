#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// JUnit XML: a testsuite for each suite and region, named by these; what is of this run only is in its properties.
// `failure` is the target's, `error` ours, with the author's line, target and attribution; evidence in system-out.
std::string RenderJunit(const RunRecord& record);

}  // namespace wsfleet::cli
