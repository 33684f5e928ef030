#include "cli/report/run_json.h"

#include <algorithm>
#include <utility>

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "core/base/text.h"
#include "core/value/json_reader.h"
#include "fmt/format.h"

namespace wsfleet::cli {

namespace json = boost::json;

namespace {

constexpr std::string_view kSchema = "wsfleet/run/v1";

json::array Texts(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::array ShardsToJson(const RunRecord& record) {
  json::array shards;
  for (const ShardRecordWithCases& entry : record.shards) {
    json::array cases;
    for (const CaseResult& result : entry.cases) cases.push_back(wsfleet::ToJson(result));
    shards.push_back({{"index", entry.shard.id.index.value()},
                      {"region", entry.shard.region.value()},
                      {"term", entry.shard.term},
                      {"state", ShardStateName(entry.shard.state)},
                      {"agent", entry.shard.agent.value()},
                      {"vantage", entry.shard.vantage},
                      {"attempt", entry.shard.attempt},
                      {"reason", entry.shard.reason},
                      {"cases", std::move(cases)}});
  }
  return shards;
}

json::object SummaryToJson(const JobSummary& summary) {
  json::array failures;
  for (const AttributedFailure& failure : summary.failures) {
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
  return {{"passed", summary.counts.passed},
          {"failed", summary.counts.failed},
          {"inconclusive", summary.counts.inconclusive},
          {"skipped", summary.counts.skipped},
          {"flaky", summary.counts.flaky},
          {"failures", std::move(failures)},
          {"reasons", Texts(summary.reasons)}};
}

// Only what a failure points at: a suite may be large, and the rest explains nothing.
json::object SourcesToJson(const RunRecord& record) {
  json::object sources;
  const auto add = [&](const Failure& failure) {
    if (!failure.range.known()) return;
    const auto file = record.bundle.files.find(failure.range.file);
    if (file != record.bundle.files.end() && IsValidUtf8(file->second)) sources[file->first] = file->second;
  };
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      if (result.failure) add(*result.failure);
      for (const Failure& failure : result.earlier_failures) add(failure);
    }
  }
  return sources;
}

absl::Status ReadTexts(JsonReader& reader, std::string_view name, std::vector<std::string>& out) {
  reader.ReadEach(name, [&](const json::value& text, const std::string& where) {
    if (!text.is_string()) return absl::InvalidArgumentError(where + ": expected a string");
    out.emplace_back(text.get_string());
    return absl::OkStatus();
  });
  return reader.status();
}

template <typename Id>
void ReadId(JsonReader& reader, std::string_view name, Id& out) {
  typename std::decay_t<decltype(out.value())> value{};
  reader.Read(name, value);
  out = Id(std::move(value));
}

// The first shard's cases are added to `reported`: every shard has the same.
absl::Status ReadShard(const json::value& value, std::string path, RunRecord& record, std::vector<CaseId>& reported) {
  JsonReader reader(value, std::move(path));
  ShardRecordWithCases& entry = record.shards.emplace_back();
  ShardRecord& shard = entry.shard;
  shard.id.job = record.job.id;
  ReadId(reader, "index", shard.id.index);
  ReadId(reader, "region", shard.region);
  reader.Read("term", shard.term);
  reader.ReadWord("state", ParseShardState, shard.state);
  ReadId(reader, "agent", shard.agent);
  reader.Read("vantage", shard.vantage);
  reader.Read("attempt", shard.attempt);
  reader.Read("reason", shard.reason);
  reader.ReadEach("cases", [&](const json::value& element, const std::string& where) {
    auto result = CaseResultFromJson(element);
    if (!result.ok()) {
      return absl::InvalidArgumentError(fmt::format("{}: {}", where, ToStd(result.status().message())));
    }
    if (record.shards.size() == 1) reported.push_back(result->case_id);
    // One that was never reported is made again from the plan.
    if (result->tries > 0) entry.cases.push_back(*std::move(result));
    return absl::OkStatus();
  });
  return reader.status();
}

// Earlier versions did not write how often a run was repeated. Where it was, each case is a round.
std::uint32_t RepeatOf(const std::vector<CaseId>& cases) {
  const auto is_round = [](const CaseId& id) { return WithoutRound(id.value(), 2) != id.value(); };
  return !cases.empty() && std::ranges::all_of(cases, is_round) ? 2 : 1;
}

absl::Status ReadSources(const JsonReader& reader, Bundle& bundle) {
  const json::value* sources = reader.Find("sources");
  if (sources == nullptr) return absl::OkStatus();
  if (!sources->is_object()) return absl::InvalidArgumentError("run.sources: expected an object");
  for (const auto& [path, text] : sources->get_object()) {
    if (!text.is_string()) {
      return absl::InvalidArgumentError(fmt::format("run.sources.{}: expected a string", std::string(path)));
    }
    bundle.files[std::string(path)] = std::string(text.get_string());
  }
  return absl::OkStatus();
}

void ReadJob(JsonReader& reader, RunRecord& record) {
  JobRecord& job = record.job;
  ReadId(reader, "job", job.id);
  // Absent in what earlier versions wrote, which was always of runs that had ended.
  bool ended = true;
  reader.Read("ended", ended);
  JobVerdict verdict = JobVerdict::kInconclusive;
  reader.ReadWord("verdict", ParseJobVerdict, verdict);
  if (ended) job.verdict = verdict;
  reader.Keep(ReadTexts(reader, "suites", job.spec.suites));
  ReadId(reader, "bundle", job.spec.bundle);
  reader.Read("submitter", job.spec.submitter);
  ReadId(reader, "schedule", job.spec.schedule);
  reader.Read("tick", job.spec.tick);
  reader.Read("require", job.spec.require);
  reader.Read("repeat", job.spec.selection.repeat);
  reader.Read("command", record.job.spec.command);
  reader.Read("local", record.local);
  reader.Read("created", job.created);
  reader.Read("started", job.started);
  reader.Read("finished", job.finished);
  std::vector<std::string> cases;
  reader.Keep(ReadTexts(reader, "cases", cases));
  for (std::string& id : cases) job.spec.cases.emplace_back(std::move(id));
}

}  // namespace

json::value ToJson(const RunRecord& record) {
  json::object out;
  out["schema"] = kSchema;
  out["job"] = record.job.id.value();
  out["ended"] = record.job.verdict.has_value();
  out["verdict"] = JobVerdictName(record.summary.verdict);
  out["exit_code"] = ExitCode(record.summary.verdict);
  out["suites"] = Texts(record.job.spec.suites);
  out["bundle"] = record.job.spec.bundle.value();
  out["submitter"] = record.job.spec.submitter;
  if (!record.job.spec.schedule.empty()) out["schedule"] = record.job.spec.schedule.value();
  if (record.job.spec.tick) out["tick"] = TimeText(*record.job.spec.tick);
  if (record.job.spec.require) out["require"] = *record.job.spec.require;
  out["repeat"] = record.job.spec.selection.repeat;
  out["command"] = record.job.spec.command;
  if (record.local) out["local"] = true;
  out["created"] = TimeText(record.job.created);
  if (record.job.started) out["started"] = TimeText(*record.job.started);
  if (record.job.finished) out["finished"] = TimeText(*record.job.finished);
  json::array cases;
  for (const CaseId& id : record.job.spec.cases) cases.emplace_back(id.value());
  out["cases"] = std::move(cases);
  out["shards"] = ShardsToJson(record);
  out["summary"] = SummaryToJson(record.summary);
  out["sources"] = SourcesToJson(record);
  return out;
}

absl::StatusOr<RunRecord> RunRecordFromJson(const json::value& value) {
  RunRecord record;
  JsonReader reader(value, "run");
  std::string schema;
  reader.Read("schema", schema);
  if (reader.status().ok() && schema != kSchema) {
    return absl::InvalidArgumentError(
        fmt::format("run.schema: expected \"{}\", found \"{}\"", kSchema, Excerpt(schema, 80)));
  }
  for (const char* name : {"job", "verdict", "created", "shards"}) {
    if (reader.status().ok() && reader.Find(name) == nullptr) {
      return absl::InvalidArgumentError(fmt::format("run.{}: expected a value, found none", name));
    }
  }
  ReadJob(reader, record);
  std::vector<CaseId> reported;
  reader.ReadEach("shards", [&](const json::value& shard, std::string where) {
    return ReadShard(shard, std::move(where), record, reported);
  });
  if (const json::value* summary = reader.Find("summary")) {
    JsonReader inner(*summary, "run.summary");
    reader.Keep(ReadTexts(inner, "reasons", record.job.reasons));
  }
  reader.Keep(ReadSources(reader, record.bundle));
  if (!reader.status().ok()) return reader.status();
  // What an earlier version wrote has no plan: the cases that were reported stand for it.
  if (record.job.spec.cases.empty()) record.job.spec.cases = std::move(reported);
  if (reader.Find("repeat") == nullptr) record.job.spec.selection.repeat = RepeatOf(record.job.spec.cases);
  Summarise(record);
  return record;
}

}  // namespace wsfleet::cli
