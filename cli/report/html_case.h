#pragma once

#include <string>

#include "cli/report/finding.h"
#include "cli/report/trace.h"

// The parts of the HTML report that speak of one case. Every text in them is escaped.
namespace wsfleet::cli {

// Message, author's line, evidence, notes and attribution of a finding that failed or is inconclusive.
std::string HtmlFailure(const RunRecord& record, const Finding& finding);

// What went over the wire for one result: bars of the phases, proof of execution, frames. At most about 256 KiB.
std::string HtmlTrace(const Trace& trace);

}  // namespace wsfleet::cli
