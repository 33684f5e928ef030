#pragma once

#include <string>
#include <vector>

#include "cli/report/finding.h"

namespace wsfleet::cli {

// Findings that one thing explains: a name that does not resolve fails every case that asks for it.
struct Cause {
  std::vector<const Finding*> findings;  // not empty; in the order of the plan

  const CaseResult& result() const { return *findings.front()->result; }
};

// In the order of their first findings. Failures are alike if outcome, phase, class, message (but for measured times)
// and what was answered are the same, and who they are attributed to; those of messages only at the same line of a
// suite, for what did not come is another thing in each scenario. Skips are alike if their reason is. Passes are not
// grouped.
std::vector<Cause> Causes(const RunRecord& record, const std::vector<Finding>& findings);

// Lines of the target's own log: best those of the request of one of its cases; else of the first case that has any;
// else why there are none.
struct CauseLogs {
  const std::vector<LogExcerpt>* excerpts = nullptr;
  std::string whose;  // "chat › two in eu-west-1", if the first case of the cause did not make the request
};
CauseLogs LogsOf(const Cause& cause);

// "chat › one, chat › two and 3 more".
std::string CaseList(const Cause& cause);
// Of all its findings, each once: "eu-west-1, us-east-1".
std::string RegionList(const Cause& cause);

}  // namespace wsfleet::cli
