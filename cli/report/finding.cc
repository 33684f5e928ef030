#include "cli/report/finding.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// Position of each case in the plan.
std::map<CaseId, std::size_t> Positions(const RunRecord& record) {
  std::map<CaseId, std::size_t> positions;
  for (const CaseId& id : record.job.spec.cases) positions.emplace(id, positions.size());
  return positions;
}

}  // namespace

std::vector<Finding> Findings(const RunRecord& record) {
  using Key = std::tuple<std::size_t, CaseId, Outcome, FailureClass, std::string>;
  const std::map<CaseId, std::size_t> positions = Positions(record);
  std::map<Key, Finding> groups;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      const auto position = positions.find(result.case_id);
      const bool failed = result.failure.has_value();
      Finding& finding = groups[{position == positions.end() ? positions.size() : position->second, result.case_id,
                                 result.outcome, failed ? result.failure->failure_class : FailureClass::kNone,
                                 failed ? result.failure->message : result.skip_detail}];
      if (finding.result == nullptr) finding.result = &result;
      const std::string region = Printable(entry.shard.region.value());
      if (std::ranges::find(finding.regions, region) == finding.regions.end()) finding.regions.push_back(region);
    }
  }
  std::vector<Finding> findings;
  for (auto& [key, finding] : groups) findings.push_back(std::move(finding));
  return findings;
}

std::string RegionList(const Finding& finding) { return fmt::format("{}", fmt::join(finding.regions, ", ")); }

std::set<std::string> Revisions(const RunRecord& record) {
  std::set<std::string> revisions;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      if (!result.revision.empty()) revisions.insert(result.revision);
    }
  }
  return revisions;
}

std::set<std::string> Regions(const RunRecord& record) {
  std::set<std::string> regions;
  for (const ShardRecordWithCases& entry : record.shards) regions.insert(entry.shard.region.value());
  return regions;
}

}  // namespace wsfleet::cli
