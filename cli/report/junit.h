#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// JUnit XML: a testsuite for each suite and region; `failure` is the target's, `error` ours; evidence in system-out.
std::string RenderJunit(const RunRecord& record);

}  // namespace wsfleet::cli
