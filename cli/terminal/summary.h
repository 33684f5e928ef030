#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// The end of a run for a person: failures with the author's line, the matrix of suites and regions, the verdict.
// Failures that are alike, in several regions or cases, are shown once with the names of the others; without `full`
// each is one line. Text of targets is made printable.
std::string RenderSummary(const RunRecord& record, bool full);

}  // namespace wsfleet::cli
