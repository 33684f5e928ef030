#include "cli/report/ctrf.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "boost/json/serialize.hpp"
#include "cli/report/finding.h"
#include "cli/report/tries.h"
#include "core/base/version.h"
#include "core/value/json_reader.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace json = boost::json;

const char* Status(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed:
      return "passed";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kSkipped:
      return "skipped";
    case Outcome::kInconclusive:
      break;
  }
  return "other";
}

// Nothing was retried of a case that was never reported (`tries` 0).
std::uint32_t Retries(const CaseResult& result) { return std::max(result.tries, 1u) - 1; }

json::object Extra(const RunRecord& record, const ShardRecord& shard, const CaseResult& result) {
  json::value whole = wsfleet::ToJson(result);
  json::object extra{{"case_id", result.case_id.value()}, {"region", shard.region.value()},
                     {"agent", shard.agent.value()},      {"target", result.target},
                     {"revision", result.revision},       {"assertions", result.assertions},
                     {"sessions", result.sessions},       {"failed_sessions", result.failed_sessions},
                     {"warnings", whole.at("warnings")},  {"proof", whole.at("proof")}};
  if (result.failure) extra["failure"] = whole.at("failure");
  if (!result.earlier_failures.empty()) extra["earlier_failures"] = whole.at("earlier_failures");
  if (const AttributedFailure* attributed = AttributionOf(record, result)) {
    extra["attribution"] = AttributionName(attributed->attribution);
  }
  return extra;
}

json::object Test(const RunRecord& record, const ShardRecord& shard, const CaseResult& result) {
  json::object test{{"name", result.scenario},
                    {"status", Status(result.outcome)},
                    {"duration", absl::ToInt64Milliseconds(result.duration)},
                    {"suite", json::array{result.suite, shard.region.value()}},
                    {"rawStatus", OutcomeName(result.outcome)},
                    {"retries", Retries(result)},
                    {"flaky", result.flaky}};
  if (result.tries > 0) {
    test["start"] = absl::ToUnixMillis(result.started);
    test["stop"] = absl::ToUnixMillis(result.started + result.duration);
  }
  if (result.outcome == Outcome::kSkipped) {
    test["message"] = fmt::format("{}: {}", SkipReasonName(result.skip_reason), result.skip_detail);
  } else if (result.failure) {
    const Failure& failure = *result.failure;
    test["message"] = fmt::format("[{}] {}", FailureClassName(failure.failure_class), failure.message);
    test["trace"] = EvidenceText(failure);
    if (failure.range.known()) {
      test["filePath"] = failure.range.file;
      test["line"] = failure.range.line;
    }
    if (const std::string snippet = SourceExcerpt(record, failure); !snippet.empty()) test["snippet"] = snippet;
  }
  if (result.flaky) test["message"] = fmt::format("flaky: {}", TriesText(result));
  if (const Failure* failure = KeptFailure(result); result.flaky && failure != nullptr) {
    test["trace"] = EvidenceText(*failure);
  }
  test["extra"] = Extra(record, shard, result);
  return test;
}

json::object Summary(const RunRecord& record) {
  std::int64_t tests = 0, passed = 0, failed = 0, skipped = 0, other = 0, flaky = 0;
  std::set<std::pair<std::string, std::string>> suites;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      ++tests;
      passed += result.outcome == Outcome::kPassed;
      failed += result.outcome == Outcome::kFailed;
      skipped += result.outcome == Outcome::kSkipped;
      other += result.outcome == Outcome::kInconclusive;
      flaky += result.flaky;
      suites.emplace(result.suite, entry.shard.region.value());
    }
  }
  const absl::Time stop = record.job.finished.value_or(record.job.created);
  return {{"tests", tests},
          {"passed", passed},
          {"failed", failed},
          {"skipped", skipped},
          {"pending", 0},
          {"other", other},
          {"flaky", flaky},
          {"suites", suites.size()},
          {"start", absl::ToUnixMillis(record.job.created)},
          {"stop", absl::ToUnixMillis(stop)},
          {"duration", absl::ToInt64Milliseconds(stop - record.job.created)}};
}

}  // namespace

std::string RenderCtrf(const RunRecord& record) {
  json::array tests, reasons;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) tests.push_back(Test(record, entry.shard, result));
  }
  for (const std::string& reason : record.summary.reasons) reasons.emplace_back(reason);
  json::object results{{"tool", {{"name", "wsfleet"}, {"version", kVersion}}},
                       {"summary", Summary(record)},
                       {"tests", std::move(tests)},
                       {"extra",
                        {{"run", record.job.id.value()},
                         {"verdict", JobVerdictName(record.summary.verdict)},
                         {"exit_code", ExitCode(record.summary.verdict)},
                         {"reasons", std::move(reasons)},
                         {"command", record.job.spec.command}}}};
  // What the target says of itself, as far as it says one thing.
  json::object environment;
  if (const auto revisions = Revisions(record); revisions.size() == 1) environment["appVersion"] = *revisions.begin();
  if (record.local) environment["testEnvironment"] = kLocalFleet;
  if (!environment.empty()) results["environment"] = std::move(environment);
  return json::serialize(json::object{{"reportFormat", "CTRF"},
                                      {"specVersion", "0.0.0"},
                                      {"timestamp", TimeText(record.job.finished.value_or(record.job.created))},
                                      {"generatedBy", fmt::format("wsfleet {}", kVersion)},
                                      {"results", std::move(results)}}) +
         "\n";
}

}  // namespace wsfleet::cli
