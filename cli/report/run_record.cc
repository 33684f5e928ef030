#include "cli/report/run_record.h"

#include <set>

#include "boost/json/serialize.hpp"
#include "cli/report/junit.h"
#include "cli/report/markdown.h"
#include "core/value/json_reader.h"
#include "fmt/format.h"

namespace wsfleet::cli {

namespace json = boost::json;

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
  record.summary = wsfleet::Summarise(regions, record.job.spec.require, ending);
  if (record.job.verdict) {
    for (std::size_t i = 0; i < regions.size(); ++i) {
      for (const CaseId& id : regions[i].missing) {
        record.shards[i].cases.push_back(NeverReported(record, id, record.shards[i].shard.reason));
      }
    }
  }
  // The coordinator's word is the run's; what is computed here explains it.
  if (record.job.verdict) record.summary.verdict = *record.job.verdict;
  if (!record.job.reasons.empty()) record.summary.reasons = record.job.reasons;
}

json::value ToJson(const RunRecord& record) {
  json::object out;
  out["schema"] = "wsfleet/run/v1";
  out["job"] = record.job.id.value();
  out["verdict"] = JobVerdictName(record.summary.verdict);
  out["exit_code"] = ExitCode(record.summary.verdict);
  out["suites"] = json::array(record.job.spec.suites.begin(), record.job.spec.suites.end());
  out["bundle"] = record.job.spec.bundle.value();
  out["submitter"] = record.job.spec.submitter;
  out["command"] = record.command;
  out["created"] = TimeText(record.job.created);
  if (record.job.started) out["started"] = TimeText(*record.job.started);
  if (record.job.finished) out["finished"] = TimeText(*record.job.finished);
  json::array shards;
  for (const ShardRecordWithCases& entry : record.shards) {
    json::array cases;
    for (const CaseResult& result : entry.cases) cases.push_back(wsfleet::ToJson(result));
    shards.push_back({{"index", entry.shard.id.index.value()},
                      {"region", entry.shard.region.value()},
                      {"agent", entry.shard.agent.value()},
                      {"vantage", entry.shard.vantage},
                      {"attempt", entry.shard.attempt},
                      {"reason", entry.shard.reason},
                      {"cases", std::move(cases)}});
  }
  out["shards"] = std::move(shards);
  const Counts& counts = record.summary.counts;
  json::array failures;
  for (const AttributedFailure& failure : record.summary.failures) {
    json::array regions, rests_on;
    for (const RegionName& region : failure.regions) regions.emplace_back(region.value());
    for (const Observation& observation : failure.rests_on) rests_on.emplace_back(observation.text);
    failures.push_back({{"suite", failure.suite},
                        {"scenario", failure.scenario},
                        {"phase", PhaseName(failure.phase)},
                        {"class", FailureClassName(failure.failure_class)},
                        {"attribution", AttributionName(failure.attribution)},
                        {"regions", std::move(regions)},
                        {"rests_on", std::move(rests_on)}});
  }
  out["summary"] = {{"passed", counts.passed},
                    {"failed", counts.failed},
                    {"inconclusive", counts.inconclusive},
                    {"skipped", counts.skipped},
                    {"flaky", counts.flaky},
                    {"failures", std::move(failures)},
                    {"reasons", json::array(record.summary.reasons.begin(), record.summary.reasons.end())}};
  return out;
}

std::string RenderReport(const RunRecord& record, const std::string& format) {
  if (format == "json") return json::serialize(ToJson(record)) + "\n";
  if (format == "junit") return RenderJunit(record);
  if (format == "md") return RenderMarkdown(record);
  return {};
}

}  // namespace wsfleet::cli
