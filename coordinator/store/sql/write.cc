#include <utility>

#include "coordinator/store/refusal.h"
#include "coordinator/store/row_json.h"
#include "coordinator/store/sql/event_kinds.h"
#include "coordinator/store/sql/rows.h"
#include "core/verdict/bulk.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

template <typename Tag>
std::string_view Name(const TypedId<Tag, std::string>& id) {
  return id.value();
}

void BindOptional(Statement& statement, const std::optional<absl::Time>& time) {
  time ? statement.Bind(*time) : statement.BindNull();
}

void BindVerdict(Statement& statement, const std::optional<JobVerdict>& verdict) {
  verdict ? statement.Bind(JobVerdictName(*verdict)) : statement.BindNull();
}

// What changes in the life of a job, in the order of both statements below.
void BindProgress(Statement& statement, const JobRecord& job) {
  statement.Bind(std::int64_t{IsTerminal(job.state)}).Bind(JobStateName(job.state)).Bind(job.created);
  BindOptional(statement, job.started);
  BindOptional(statement, job.finished);
  statement.Bind(std::int64_t{job.cancel_requested})
      .Bind(std::string_view(job.cancel_reason))
      .Bind(std::int64_t{job.deadline_passed});
  BindVerdict(statement, job.verdict);
  statement.Bind(std::string_view(ListToText(job.reasons)))
      .Bind(Number(job.last_event))
      .BindBytes(job.spec.sealed_secrets)
      .Bind(std::int64_t{job.started.has_value()})
      .Bind(std::int64_t{job.started.has_value()});
}

// A spec never changes (its sealed secrets apart), and may be large: it is written once.
absl::Status WriteJob(Connection& connection, const FleetName& fleet, const JobRecord& job) {
  const auto [now, clock] = connection.steady_clock();
  Statement update = connection.Prepare(
      fmt::format("UPDATE job SET ended = ?, state = ?, created = ?, started = ?, finished = ?, cancel_requested = ?, "
                  "cancel_reason = ?, deadline_passed = ?, verdict = ?, reasons = ?, last_event = ?, "
                  "sealed_secrets = ?, begun = CASE WHEN ? = 1 AND started IS NULL THEN {} ELSE begun END, "
                  "begun_clock = CASE WHEN ? = 1 AND started IS NULL THEN {} ELSE begun_clock END "
                  "WHERE id = ? AND fleet = ?",
                  now, clock));
  BindProgress(update, job);
  if (auto status = update.Bind(Name(job.id)).Bind(Name(fleet)).Run(); !status.ok()) return status;
  if (connection.changes() == 1) return absl::OkStatus();
  Statement insert = connection.Prepare(
      fmt::format("INSERT INTO job (ended, state, created, started, finished, cancel_requested, cancel_reason, "
                  "deadline_passed, verdict, reasons, last_event, sealed_secrets, begun, begun_clock, id, fleet, "
                  "run_key, bundle, spec) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CASE WHEN ? = 1 THEN {} END, "
                  "CASE WHEN ? = 1 THEN {} END, ?, ?, ?, ?, ?)",
                  now, clock));
  BindProgress(insert, job);
  insert.Bind(Name(job.id)).Bind(Name(fleet));
  job.spec.key.empty() ? insert.BindNull() : insert.Bind(Name(job.spec.key));
  return insert.Bind(Name(job.spec.bundle)).Bind(std::string_view(SpecToText(job.spec))).Run();
}

absl::Status WriteShard(Connection& connection, const ShardRecord& shard) {
  return connection
      .Prepare(
          "INSERT INTO shard (job, shard, region, term, state, agent, vantage, attempt, released, finished_cases, "
          "failed_cases, reason, changed, past_leases) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT "
          "(job, shard) DO "
          "UPDATE SET "
          "region = excluded.region, term = excluded.term, state = excluded.state, agent = excluded.agent, "
          "vantage = excluded.vantage, attempt = excluded.attempt, released = excluded.released, "
          "finished_cases = excluded.finished_cases, failed_cases = excluded.failed_cases, reason = excluded.reason, "
          "changed = excluded.changed, past_leases = excluded.past_leases")
      .Bind(Name(shard.id.job))
      .Bind(Number(shard.id.index.value()))
      .Bind(Name(shard.region))
      .Bind(std::string_view(shard.term))
      .Bind(ShardStateName(shard.state))
      .Bind(Name(shard.agent))
      .Bind(std::string_view(shard.vantage))
      .Bind(std::int64_t{shard.attempt})
      .Bind(std::int64_t{shard.released})
      .Bind(std::int64_t{shard.finished_cases})
      .Bind(std::int64_t{shard.failed_cases})
      .Bind(std::string_view(shard.reason))
      .Bind(Number(shard.changed))
      .Bind(std::string_view(PastLeasesToText(shard.past_leases)))
      .Run();
}

absl::Status WriteLease(Connection& connection, const FleetName& fleet, const LeaseRecord& lease) {
  return connection
      .Prepare("INSERT INTO lease (fleet, lease, job, shard, attempt, agent, boot) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Bind(Name(fleet))
      .Bind(Number(lease.id.value()))
      .Bind(Name(lease.shard.job))
      .Bind(Number(lease.shard.index.value()))
      .Bind(std::int64_t{lease.attempt})
      .Bind(Name(lease.agent))
      .Bind(Name(lease.boot))
      .Run();
}

// But those whose shares of budgets do not fit.
absl::Status WriteLeases(Connection& connection, const FleetName& fleet, const WriteBatch& batch,
                         CommitOutcome& outcome) {
  auto states = ReadBudgetStates(connection, batch);
  if (!states.ok()) return states.status();
  outcome.budgets = *std::move(states);
  for (const LeaseRecord& lease : batch.leases) {
    const auto reserved = ReserveShares(connection, fleet, lease, outcome.budgets);
    if (!reserved.ok()) return reserved.status();
    if (!*reserved) {
      outcome.denied.push_back(lease.id);
    } else if (auto status = WriteLease(connection, fleet, lease); !status.ok()) {
      return InRowOf(lease.shard.job, status);
    }
  }
  return absl::OkStatus();
}

absl::Status EndLease(Connection& connection, const FleetName& fleet, LeaseId lease) {
  auto status = connection.Prepare("DELETE FROM lease WHERE fleet = ? AND lease = ?")
                    .Bind(Name(fleet))
                    .Bind(Number(lease.value()))
                    .Run();
  return status.ok() ? EndShares(connection, fleet, lease) : status;
}

absl::Status WriteTakenBatch(Connection& connection, const BatchRecord& batch) {
  return connection.Prepare("INSERT INTO batch (job, shard, attempt, seq) VALUES (?, ?, ?, ?)")
      .Bind(Name(batch.shard.job))
      .Bind(Number(batch.shard.index.value()))
      .Bind(std::int64_t{batch.attempt})
      .Bind(Number(batch.seq.value()))
      .Run();
}

absl::Status WriteResult(Connection& connection, const CaseResultRecord& record) {
  return connection
      .Prepare(
          "INSERT INTO case_result (job, shard, case_id, attempt, agent, result, kept) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Bind(Name(record.shard.job))
      .Bind(Number(record.shard.index.value()))
      .Bind(Name(record.result.case_id))
      .Bind(std::int64_t{record.attempt})
      .Bind(Name(record.agent))
      .Bind(std::string_view(ResultToText(record.result)))
      .Bind(std::string_view(ResultToText(WithoutBulk(record.result))))
      .Run();
}

absl::Status WriteEvent(Connection& connection, const JobEventRecord& event) {
  return connection
      .Prepare("INSERT INTO job_event (job, number, at, kind, shard, case_id, text) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Bind(Name(event.job))
      .Bind(Number(event.number))
      .Bind(event.at)
      .Bind(EventKindName(event.kind))
      .Bind(Number(event.shard.value()))
      .Bind(Name(event.case_id))
      .Bind(std::string_view(event.text))
      .Run();
}

absl::Status WriteAgent(Connection& connection, const FleetName& fleet, const AgentRecord& agent) {
  return connection
      .Prepare(
          "INSERT INTO agent (fleet, id, region, labels, version, vantage, boot, epoch, drained) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fleet, id) DO UPDATE SET region = excluded.region, "
          "labels = excluded.labels, version = excluded.version, vantage = excluded.vantage, boot = excluded.boot, "
          "epoch = excluded.epoch, drained = excluded.drained")
      .Bind(Name(fleet))
      .Bind(Name(agent.id))
      .Bind(Name(agent.region))
      .Bind(std::string_view(MapToText(agent.labels)))
      .Bind(std::string_view(agent.version))
      .Bind(std::string_view(agent.vantage))
      .Bind(Name(agent.boot))
      .Bind(Number(agent.epoch.value()))
      .Bind(std::int64_t{agent.drained})
      .Run();
}

absl::Status WriteNextLease(Connection& connection, const FleetName& fleet, LeaseId next) {
  return connection
      .Prepare(
          "INSERT INTO fleet (name, next_lease) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET "
          "next_lease = excluded.next_lease")
      .Bind(Name(fleet))
      .Bind(Number(next.value()))
      .Run();
}

absl::Status WriteKillSwitch(Connection& connection, const FleetName& fleet, const KillSwitch& state) {
  return connection
      .Prepare(
          "INSERT INTO fleet (name, next_lease, stopped, switched_by, stop_reason, switched) VALUES (?, 1, ?, ?, ?, ?) "
          "ON CONFLICT (name) DO UPDATE SET stopped = excluded.stopped, switched_by = excluded.switched_by, "
          "stop_reason = excluded.stop_reason, switched = excluded.switched")
      .Bind(Name(fleet))
      .Bind(std::int64_t{state.stopped})
      .Bind(std::string_view(state.by))
      .Bind(std::string_view(state.reason))
      .Bind(state.changed)
      .Run();
}

// Calls `write` for each record until one fails.
template <typename Records, typename WriteOne>
absl::Status Each(const Records& records, WriteOne write) {
  for (const auto& record : records) {
    if (auto status = write(record); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CommitOutcome> Write(Connection& connection, const FleetName& fleet, const WriteBatch& batch) {
  CommitOutcome outcome;
  absl::Status status =
      Each(batch.jobs, [&](const auto& job) { return InRowOf(job.id, WriteJob(connection, fleet, job)); });
  const auto then = [&status](const auto& records, auto write) {
    if (status.ok()) status = Each(records, write);
  };
  then(batch.shards, [&](const auto& shard) { return InRowOf(shard.id.job, WriteShard(connection, shard)); });
  if (status.ok() && batch.budgets) status = WriteBudgets(connection, fleet, *batch.budgets);
  // What ends makes room for what begins.
  then(batch.ended_leases, [&](LeaseId lease) { return EndLease(connection, fleet, lease); });
  if (status.ok()) status = WriteLeases(connection, fleet, batch, outcome);
  then(batch.batches, [&](const auto& taken) { return InRowOf(taken.shard.job, WriteTakenBatch(connection, taken)); });
  then(batch.results, [&](const auto& result) { return InRowOf(result.shard.job, WriteResult(connection, result)); });
  then(batch.events, [&](const auto& event) { return InRowOf(event.job, WriteEvent(connection, event)); });
  then(batch.removed_agents, [&](const AgentId& agent) {
    return connection.Prepare("DELETE FROM agent WHERE fleet = ? AND id = ?").Bind(Name(fleet)).Bind(Name(agent)).Run();
  });
  then(batch.agents, [&](const auto& agent) { return WriteAgent(connection, fleet, agent); });
  if (status.ok() && batch.next_lease) status = WriteNextLease(connection, fleet, *batch.next_lease);
  if (status.ok() && batch.kill_switch) status = WriteKillSwitch(connection, fleet, *batch.kill_switch);
  if (status.ok() && batch.policy) status = WritePolicy(connection, fleet, *batch.policy);
  if (status.ok()) status = WriteSchedules(connection, fleet, batch);
  return status.ok() ? absl::StatusOr<CommitOutcome>(std::move(outcome)) : status;
}

}  // namespace wsfleet::store
