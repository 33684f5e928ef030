#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// The worklog: command, revision, duration, counts, findings by group, evidence, next action. Under 1 MiB.
std::string RenderMarkdown(const RunRecord& record);

}  // namespace wsfleet::cli
