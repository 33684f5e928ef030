#include <string>
#include <utility>

#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/enums.h"
#include "proto/wire/limits.h"

namespace wsfleet::wire {
namespace {

v1::Shard ShardToWire(const ShardRecord& shard, std::size_t planned_cases) {
  v1::Shard proto;
  proto.set_index(shard.id.index.value());
  proto.set_region(shard.region.empty() ? shard.term : shard.region.value());
  proto.set_state(ToWire(shard.state));
  proto.set_agent(shard.agent.value());
  proto.set_vantage(shard.vantage);
  proto.set_attempt(shard.attempt);
  proto.set_planned_cases(static_cast<std::uint32_t>(planned_cases));
  proto.set_finished_cases(shard.finished_cases);
  proto.set_failed_cases(shard.failed_cases);
  proto.set_reason(shard.reason);
  return proto;
}

absl::StatusOr<ShardRecord> ShardFromWire(const v1::Shard& proto, const JobId& job) {
  auto state = FromWire(proto.state());
  if (!state.ok()) return state.status();
  ShardRecord shard;
  shard.id = {job, ShardIndex(proto.index())};
  shard.region = RegionName(proto.region());
  shard.state = *state;
  shard.agent = AgentId(proto.agent());
  shard.vantage = proto.vantage();
  shard.attempt = proto.attempt();
  shard.finished_cases = proto.finished_cases();
  shard.failed_cases = proto.failed_cases();
  shard.reason = proto.reason();
  return shard;
}

}  // namespace

v1::Job ToWire(const JobRecord& job, const std::vector<ShardRecord>& shards) {
  v1::Job proto;
  proto.set_job(job.id.value());
  proto.set_run_key(job.spec.key.value());
  proto.set_state(ToWire(job.state));
  for (const std::string& suite : job.spec.suites) proto.add_suites(suite);
  *proto.mutable_created() = ToWire(job.created);
  if (job.started) *proto.mutable_started() = ToWire(*job.started);
  if (job.finished) *proto.mutable_finished() = ToWire(*job.finished);
  for (const ShardRecord& shard : shards) *proto.add_shards() = ShardToWire(shard, job.spec.cases.size());
  if (job.verdict) proto.set_verdict(std::string(JobVerdictName(*job.verdict)));
  for (const std::string& reason : job.reasons) proto.add_reasons(reason);
  proto.set_submitter(job.spec.submitter);
  proto.set_command(job.spec.command);
  proto.mutable_bundle()->set_digest(job.spec.bundle.value());
  proto.mutable_bundle()->set_bytes(job.spec.bundle_bytes);
  *proto.mutable_selection() = ToWire(job.spec.selection);
  if (job.spec.require) {
    proto.mutable_require()->set_at_least(*job.spec.require);
  } else {
    proto.mutable_require()->set_all(true);
  }
  proto.set_event_number(job.last_event);
  proto.set_cancel_requested(job.cancel_requested);
  for (const CaseId& id : job.spec.cases) proto.add_cases(id.value());
  *proto.mutable_variables() = ToWire(job.spec.variables);
  for (const std::string& term : job.spec.from) proto.add_from(term);
  proto.set_every_agent(job.spec.every_agent);
  *proto.mutable_agents_wait() = ToWire(job.spec.agents_wait);
  *proto.mutable_deadline() = ToWire(job.spec.deadline);
  proto.set_schedule(job.spec.schedule.value());
  if (job.spec.tick) *proto.mutable_tick() = ToWire(*job.spec.tick);
  for (const std::string& name : job.spec.secrets_of_fleet) proto.add_secrets_of_fleet(name);
  return proto;
}

void KeepSummary(v1::Job& job) {
  job.clear_cases();
  job.mutable_selection()->clear_cases();
  job.clear_variables();
  job.clear_command();
  job.clear_from();
  job.clear_every_agent();
  job.clear_agents_wait();
  job.clear_deadline();
  job.clear_secrets_of_fleet();
}

absl::StatusOr<JobWithShards> FromWire(const v1::Job& proto) {
  auto state = FromWire(proto.state());
  if (!state.ok()) return state.status();
  auto selection = FromWire(proto.selection());
  if (!selection.ok()) return selection.status();
  auto variables = FromWire(proto.variables());
  if (!variables.ok()) return variables.status();
  if (auto status = CheckCount("shards", proto.shards_size(), kMaxShards); !status.ok()) return status;
  JobWithShards result;
  JobRecord& job = result.job;
  job.id = JobId(proto.job());
  job.spec.key = RunKey(proto.run_key());
  job.state = *state;
  job.spec.suites.assign(proto.suites().begin(), proto.suites().end());
  job.created = FromWire(proto.created());
  if (proto.has_started()) job.started = FromWire(proto.started());
  if (proto.has_finished()) job.finished = FromWire(proto.finished());
  if (!proto.verdict().empty()) {
    job.verdict = ParseJobVerdict(proto.verdict());
    if (!job.verdict) {
      return absl::InvalidArgumentError(fmt::format(
          "verdict: \"{}\" is not one that this version knows; is the coordinator newer?", proto.verdict()));
    }
  }
  job.reasons.assign(proto.reasons().begin(), proto.reasons().end());
  job.spec.submitter = proto.submitter();
  job.spec.command = proto.command();
  job.spec.schedule = ScheduleName(proto.schedule());
  if (proto.has_tick()) job.spec.tick = FromWire(proto.tick());
  job.spec.bundle = BundleDigest(proto.bundle().digest());
  job.spec.bundle_bytes = proto.bundle().bytes();
  job.spec.selection = *std::move(selection);
  job.spec.variables = *std::move(variables);
  job.spec.from.assign(proto.from().begin(), proto.from().end());
  job.spec.every_agent = proto.every_agent();
  job.spec.secrets_of_fleet.assign(proto.secrets_of_fleet().begin(), proto.secrets_of_fleet().end());
  if (proto.has_agents_wait()) job.spec.agents_wait = FromWire(proto.agents_wait());
  if (proto.has_deadline()) job.spec.deadline = FromWire(proto.deadline());
  if (proto.require().rule_case() == v1::Require::kAtLeast) job.spec.require = proto.require().at_least();
  job.last_event = proto.event_number();
  job.cancel_requested = proto.cancel_requested();
  for (const std::string& id : proto.cases()) job.spec.cases.emplace_back(id);
  for (const v1::Shard& shard : proto.shards()) {
    auto record = ShardFromWire(shard, job.id);
    if (!record.ok()) return record.status();
    result.shards.push_back(*std::move(record));
  }
  return result;
}

v1::ShardCaseResult ToWire(const CaseResultRecord& record, const RegionName& region) {
  v1::ShardCaseResult proto;
  proto.set_shard(record.shard.index.value());
  proto.set_region(region.value());
  proto.set_agent(record.agent.value());
  proto.set_attempt(record.attempt);
  *proto.mutable_result() = ToWire(record.result);
  // The coordinator may have added lines of the target's log to what the agent had made fit.
  FitResult(*proto.mutable_result(), kMaxResultBytes);
  return proto;
}

}  // namespace wsfleet::wire
