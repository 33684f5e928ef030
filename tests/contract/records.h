#pragma once

#include <string>

#include "coordinator/store/store.h"
#include "core/job/batch.h"

// Rows as a machine would write them, every member set.
namespace wsfleet::testing {

inline const FleetName kFleet("default");
inline const store::Ownership kOwner{kFleet};

inline absl::Time At(std::int64_t milliseconds) { return absl::FromUnixMillis(1'700'000'000'000 + milliseconds); }

inline JobRecord AJob(const std::string& id, const std::string& key = "") {
  JobRecord job;
  job.id = JobId(id);
  job.spec.key = RunKey(key);
  job.spec.bundle = BundleDigest("b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c");
  job.spec.bundle_bytes = 4;
  job.spec.selection = {"gate/.*", {"smoke", "p1"}, 3, 2, {CaseId("gate/health #2")}};
  job.spec.variables.vars = {{"thread", "t-1"}, {"quote", "\"\\\n"}};
  job.spec.variables.env = {{"STAGING_URL", "wss://staging.example"}};
  job.spec.from = {"eu-*", "us-east-1"};
  job.spec.every_agent = true;
  job.spec.secrets_of_fleet = {"TOKEN"};
  job.spec.require = 1;
  job.spec.agents_wait = absl::Milliseconds(1500);
  job.spec.deadline = absl::Minutes(3);
  job.spec.attempt_limit = absl::Minutes(2);
  job.spec.language_minor = 3;
  job.spec.detached = true;
  job.spec.submitter = "ada@laptop";
  job.spec.needs = {{{{"staging.example", 443}, {"::1", 9000}}}, 12, 40};
  job.spec.command = "wsfleet run chat.wsfleet.yaml";
  job.spec.schedule = ScheduleName("nightly");
  job.spec.tick = At(-3);
  job.spec.sealed_secrets = std::string("\x01\x00\xff sealed", 10);
  job.spec.suites = {"gate"};
  job.spec.cases = {CaseId("gate/health"), CaseId("gate/handshake [credential=user]")};
  job.created = At(0);
  return job;
}

inline JobRecord AnEndedJob(const std::string& id, absl::Time finished, const std::string& key = "") {
  JobRecord job = AJob(id, key);
  job.state = JobState::kPassed;
  job.verdict = JobVerdict::kPassed;
  job.finished = finished;
  job.spec.sealed_secrets.clear();
  return job;
}

inline ShardRecord AShard(const std::string& job, std::uint64_t index = 1) {
  ShardRecord shard;
  shard.id = {JobId(job), ShardIndex(index)};
  shard.region = RegionName("eu-west-1");
  shard.term = "eu-*";
  shard.state = ShardState::kRunning;
  shard.agent = AgentId("eu-1");
  shard.vantage = "host-a";
  shard.attempt = 2;
  shard.released = 1;
  shard.finished_cases = 1;
  shard.failed_cases = 1;
  shard.reason = "agent eu-0 was lost";
  shard.changed = 3;
  shard.past_leases = {{LeaseId(3), 1, AgentId("eu-0")}, {LeaseId(7), 2, AgentId("eu-\"1")}};
  return shard;
}

inline CaseResultRecord AResult(const std::string& job, const std::string& case_id, std::uint64_t shard = 1) {
  CaseResultRecord record;
  record.shard = {JobId(job), ShardIndex(shard)};
  record.attempt = 2;
  record.agent = AgentId("eu-1");
  record.result.case_id = CaseId(case_id);
  record.result.outcome = Outcome::kFailed;
  record.result.started = At(5);
  record.result.duration = absl::Milliseconds(41);
  Failure& failure = record.result.failure.emplace();
  failure.phase = Phase::kUpgrade;
  failure.failure_class = FailureClass::kUpgradeRefused5xx;
  failure.message = "the upgrade was refused with 500";
  failure.evidence.status = 500;
  return record;
}

inline JobEventRecord AnEvent(const std::string& job, std::uint64_t number) {
  JobEventRecord event;
  event.job = JobId(job);
  event.number = number;
  event.at = At(static_cast<std::int64_t>(number));
  return event;
}

inline JobEventRecord AResultEvent(const std::string& job, std::uint64_t number, const std::string& case_id) {
  JobEventRecord event = AnEvent(job, number);
  event.kind = JobEventRecord::Kind::kResult;
  event.shard = ShardIndex(1);
  event.case_id = CaseId(case_id);
  return event;
}

inline AgentRecord AnAgent(const std::string& id) {
  AgentRecord agent;
  agent.id = AgentId(id);
  agent.region = RegionName("eu-west-1");
  agent.labels = {{"arch", "x86_64"}, {"os", "linux"}};
  agent.version = "0.1.0";
  agent.vantage = "host-a";
  agent.boot = BootId("00ff");
  agent.epoch = SessionEpoch(7);
  return agent;
}

// A job at work: one shard, one lease, one result of two.
inline WriteBatch ABusyJob(const std::string& id, const std::string& key = "") {
  WriteBatch batch;
  JobRecord job = AJob(id, key);
  job.state = JobState::kRunning;
  job.started = At(1);
  job.last_event = 3;
  batch.jobs = {job};
  batch.shards = {AShard(id)};
  batch.leases = {{LeaseId(11), {JobId(id), ShardIndex(1)}, 2, AgentId("eu-1"), BootId("00ff")}};
  batch.batches = {{{JobId(id), ShardIndex(1)}, 2, BatchSeq(1)}};
  batch.results = {AResult(id, "gate/health")};
  batch.events = {AnEvent(id, 1), AnEvent(id, 2), AResultEvent(id, 3, "gate/health")};
  batch.events[1].kind = JobEventRecord::Kind::kNote;
  batch.events[1].text = "eu-west-1: agent eu-0 was lost; attempt 2 on eu-1";
  batch.agents = {AnAgent("eu-1")};
  batch.next_lease = LeaseId(12);
  return batch;
}

}  // namespace wsfleet::testing
