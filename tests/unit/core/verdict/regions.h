#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/verdict/summary.h"

// Regions and results in few words.
namespace wsfleet::testing {

inline CaseResult Result(const std::string& name, Outcome outcome, FailureClass failure = FailureClass::kNone,
                         Phase phase = Phase::kUpgrade) {
  CaseResult result;
  result.suite = "suite";
  result.scenario = name;
  result.case_id = CaseId("suite/" + name);
  result.outcome = outcome;
  if (failure != FailureClass::kNone) {
    result.failure.emplace();
    result.failure->failure_class = failure;
    result.failure->phase = phase;
  }
  return result;
}

inline RegionResult Region(const std::string& region, std::vector<CaseResult> cases, const std::string& agent = "",
                           const std::string& vantage = "") {
  RegionResult result;
  result.region = RegionName(region);
  result.agent = AgentId(agent.empty() ? region + "-a" : agent);
  result.vantage = vantage.empty() ? result.agent.value() : vantage;
  result.cases = std::move(cases);
  return result;
}

inline RegionResult Missing(const std::string& region, const std::string& reason) {
  RegionResult result = Region(region, {});
  result.missing = {CaseId("suite/one")};
  result.missing_reason = reason;
  return result;
}

}  // namespace wsfleet::testing
