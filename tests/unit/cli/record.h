#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// A run of one suite in two regions: "one" passed in both, "two" was refused with 500 in eu-west-1 and passed in
// us-east-1, "three" was skipped in both.
inline RunRecord BrokenInOneRegion() {
  RunRecord record;
  record.job.spec.command = "wsfleet run chat.wsfleet.yaml";
  record.job.id = JobId("r-7Q2K");
  record.job.verdict = JobVerdict::kFailed;
  record.job.created = absl::FromUnixSeconds(1'800'000'000);
  record.job.finished = record.job.created + absl::Seconds(3);
  record.job.spec.suites = {"chat"};
  record.bundle.suites = {"chat.wsfleet.yaml"};
  record.bundle.files["chat.wsfleet.yaml"] = "version: wsfleet/v1\n  - connect: {path: /ws}\n";
  for (const char* region : {"eu-west-1", "us-east-1"}) {
    ShardRecordWithCases& entry = record.shards.emplace_back();
    entry.shard.region = RegionName(region);
    entry.shard.agent = AgentId(std::string(region) + "-a");
    entry.shard.vantage = region;
    for (const char* name : {"one", "two", "three"}) {
      CaseResult& result = entry.cases.emplace_back();
      result.case_id = CaseId(std::string("chat/") + name);
      result.suite = "chat";
      result.scenario = name;
      result.outcome = Outcome::kPassed;
      result.duration = absl::Milliseconds(12);
    }
    entry.cases[2].outcome = Outcome::kSkipped;
    entry.cases[2].skip_reason = SkipReason::kEnvMissing;
    entry.cases[2].skip_detail = "STAGE is not set";
  }
  CaseResult& broken = record.shards[0].cases[1];
  broken.outcome = Outcome::kFailed;
  Failure& failure = broken.failure.emplace();
  failure.phase = Phase::kUpgrade;
  failure.failure_class = FailureClass::kUpgradeRefused5xx;
  failure.message = "the upgrade was answered with 500 \x1b[31m<Oops> & more";
  failure.range = {"chat.wsfleet.yaml", 2, 5, 7};
  failure.evidence.status = 500;
  failure.evidence.body_excerpt = "]]> <b>broken</b>";
  failure.evidence.transcript = {{absl::Milliseconds(4), false, "http", 210, "GET /ws HTTP/1.1"},
                                 {absl::Milliseconds(11), true, "http", 99, "HTTP/1.1 500 Oops"}};
  broken.proof.connections = 1;
  broken.proof.timings.connect = absl::Milliseconds(1);
  broken.proof.timings.upgrade = absl::Milliseconds(7);
  for (const CaseResult& result : record.shards[0].cases) record.job.spec.cases.push_back(result.case_id);
  Summarise(record);
  return record;
}

// Every text of it that somebody else may have written.
inline void Poison(Failure& failure, const std::string& poison) {
  for (std::string* text :
       {&failure.message, &failure.hint, &failure.step, &failure.evidence.status_reason, &failure.evidence.body_excerpt,
        &failure.evidence.close_reason, &failure.evidence.trace_id}) {
    *text = poison;
  }
  failure.notes = {{poison, poison}};
  failure.evidence.headers = {{poison, poison}};
  failure.evidence.certificates = {poison};
  failure.evidence.logs = {{poison, false, {poison}, ""}, {poison, true, {}, poison}};
  failure.evidence.close_code = 1011;
  failure.evidence.transcript = {{absl::Milliseconds(3), true, poison, 9, poison, poison},
                                 {absl::Milliseconds(3), true, "text", 9, "", "main"}};
}

inline void Poison(CaseResult& result, const std::string& poison) {
  for (std::string* text :
       {&result.suite, &result.scenario, &result.skip_detail, &result.target, &result.target_name, &result.revision,
        &result.proof.peer_address, &result.proof.tls_version, &result.proof.tls_cipher}) {
    *text = poison;
  }
  result.case_id = CaseId(poison + result.case_id.value());
  result.warnings = {poison};
  result.credentials = {{poison, false, poison}};
  result.proof.attempts = {{poison, absl::Milliseconds(1), poison}};
  if (!result.failure) return;
  result.earlier_failures = {*result.failure};
  Poison(*result.failure, poison);
  Poison(result.earlier_failures.front(), poison);
}

inline RunRecord PoisonedWith(const std::string& poison) {
  RunRecord record = BrokenInOneRegion();
  for (ShardRecordWithCases& entry : record.shards) {
    entry.shard.region = RegionName(poison + entry.shard.region.value());
    entry.shard.agent = AgentId(poison);
    entry.shard.reason = poison;
    for (CaseResult& result : entry.cases) Poison(result, poison);
  }
  record.bundle.files["chat.wsfleet.yaml"] = std::string("first\n") + poison + "\n";
  record.job.spec.command = poison;
  record.job.id = JobId(poison);
  record.job.reasons = {poison};
  record.job.spec.submitter = poison;
  record.job.spec.schedule = ScheduleName(poison);
  record.job.spec.suites = {poison};
  record.job.spec.bundle = BundleDigest(poison);
  record.job.spec.cases = {CaseId(poison)};
  Summarise(record);
  return record;
}

}  // namespace wsfleet::cli
