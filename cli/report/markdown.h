#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// The worklog: date, command, target, revision, duration, counts, suites by regions, causes by group with their cases,
// the author's lines and the evidence, next actions. Under 1 MiB.
std::string RenderMarkdown(const RunRecord& record);

}  // namespace wsfleet::cli
