#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/report/run_record.h"

// What a run found, said once however many regions saw it.
namespace wsfleet::cli {

struct Finding {
  const CaseResult* result = nullptr;  // of the first region; lives in the record
  std::vector<std::string> regions;    // that saw the same, in the order of the shards
};

// In the order of the plan: all results with the same case, outcome, class and message are one finding.
std::vector<Finding> Findings(const RunRecord& record);

// "eu-west-1, us-east-1".
std::string RegionList(const Finding& finding);

// Of the target, as the agents read them.
std::set<std::string> Revisions(const RunRecord& record);
std::set<std::string> Regions(const RunRecord& record);

}  // namespace wsfleet::cli
