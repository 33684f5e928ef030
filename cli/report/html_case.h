#pragma once

#include <string>

#include "cli/report/finding.h"
#include "cli/report/trace.h"

// The parts of the HTML report that speak of one case. Every text in them is escaped.
namespace wsfleet::cli {

// Message, author's line, notes and attribution of a finding that failed or is inconclusive, and the evidence of the
// first region that saw it.
std::string HtmlFailure(const RunRecord& record, const Finding& finding);

// What went over the wire for one result: bars of the phases, proof of execution, frames; with its evidence where this
// is not what HtmlFailure shows. At most a few 100 KiB.
std::string HtmlTrace(const Trace& trace, bool with_evidence);

}  // namespace wsfleet::cli
