#include "cli/report/run_record.h"

#include <set>
#include <string>
#include <vector>

#include "boost/json/serialize.hpp"
#include "cli/report/ctrf.h"
#include "cli/report/html.h"
#include "cli/report/junit.h"
#include "cli/report/markdown.h"
#include "cli/report/run_json.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {

namespace {

// Stands for a planned case that has no result: `tries` is 0.
CaseResult NeverReported(const RunRecord& record, const CaseId& id, const std::string& reason) {
  CaseResult result;
  result.case_id = id;
  for (const std::string& suite : record.job.spec.suites) {
    if (id.value().starts_with(suite + "/")) result.suite = suite;
  }
  result.scenario = id.value().substr(result.suite.empty() ? 0 : result.suite.size() + 1);
  result.outcome = Outcome::kInconclusive;
  result.tries = 0;
  result.sessions = 0;
  result.failure.emplace();
  result.failure->failure_class = FailureClass::kAgent;
  result.failure->message = reason.empty() ? "no result" : fmt::format("no result: {}", reason);
  return result;
}

}  // namespace

std::string ScheduleOf(const JobRecord& job) {
  if (job.spec.schedule.empty()) return "";
  return fmt::format("{}, {}", job.spec.schedule.value(), job.spec.tick ? "due " + UtcText(*job.spec.tick) : "by hand");
}

void Summarise(RunRecord& record) {
  std::vector<RegionResult> regions;
  for (const ShardRecordWithCases& entry : record.shards) {
    RegionResult& region = regions.emplace_back();
    region.region = entry.shard.region;
    region.agent = entry.shard.agent;
    region.vantage = entry.shard.vantage;
    region.cases = entry.cases;
    std::set<CaseId> reported;
    for (const CaseResult& result : entry.cases) reported.insert(result.case_id);
    for (const CaseId& planned : record.job.spec.cases) {
      if (!reported.contains(planned)) region.missing.push_back(planned);
    }
    if (!region.missing.empty()) region.missing_reason = entry.shard.reason;
  }
  Ending ending;
  ending.cancelled = record.job.verdict == JobVerdict::kCancelled;
  ending.deadline_passed = record.job.verdict == JobVerdict::kTimedOut;
  record.summary = wsfleet::Summarise(regions, record.job.spec.require, ending, record.job.spec.selection.repeat);
  if (record.job.verdict) {
    for (std::size_t i = 0; i < regions.size(); ++i) {
      for (const CaseId& id : regions[i].missing) {
        record.shards[i].cases.push_back(NeverReported(record, id, record.shards[i].shard.reason));
      }
    }
  }
  // The coordinator's word is the run's; what is computed here explains it.
  if (record.job.verdict) record.summary.verdict = *record.job.verdict;
  // Before its end the coordinator says only what is left out.
  std::vector<std::string>& reasons = record.summary.reasons;
  if (record.job.verdict && !record.job.reasons.empty()) reasons.clear();
  reasons.insert(reasons.end(), record.job.reasons.begin(), record.job.reasons.end());
}

std::string RenderReport(const RunRecord& record, const std::string& format) {
  if (format == "json") return boost::json::serialize(ToJson(record)) + "\n";
  if (format == "ctrf") return RenderCtrf(record);
  if (format == "html") return RenderHtml(record);
  if (format == "junit") return RenderJunit(record);
  if (format == "md") return RenderMarkdown(record);
  return {};
}

}  // namespace wsfleet::cli
