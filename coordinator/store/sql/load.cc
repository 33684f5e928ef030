#include <limits>
#include <map>
#include <utility>

#include "coordinator/store/row_json.h"
#include "coordinator/store/sql/rows.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

absl::StatusOr<LeaseRecord> LeaseOf(const Statement& row) {
  LeaseRecord lease;
  lease.id = LeaseId(row.Uint64(0));
  lease.shard = {JobId(row.Text(1)), ShardIndex(row.Uint64(2))};
  lease.attempt = row.Uint32(3);
  lease.agent = AgentId(row.Text(4));
  lease.boot = BootId(row.Text(5));
  return lease;
}

absl::StatusOr<BatchRecord> BatchOf(const Statement& row) {
  BatchRecord batch;
  batch.shard = {JobId(row.Text(0)), ShardIndex(row.Uint64(1))};
  batch.attempt = row.Uint32(2);
  batch.seq = BatchSeq(row.Uint64(3));
  return batch;
}

absl::StatusOr<AgentRecord> AgentOf(const Statement& row) {
  auto labels = MapFromText(row.Text(2));
  if (!labels.ok()) return labels.status();
  AgentRecord agent;
  agent.id = AgentId(row.Text(0));
  agent.region = RegionName(row.Text(1));
  agent.labels = *std::move(labels);
  agent.version = row.Text(3);
  agent.vantage = row.Text(4);
  agent.boot = BootId(row.Text(5));
  agent.epoch = SessionEpoch(row.Uint64(6));
  agent.drained = row.Int(7) != 0;
  return agent;
}

absl::Status ReadElapsed(Connection& connection, const FleetName& fleet, std::map<JobId, absl::Duration>& into) {
  const auto [now, clock] = connection.steady_clock();
  Statement statement = connection.Prepare(fmt::format(
      "SELECT id, {} - begun FROM job WHERE fleet = ? AND ended = 0 AND begun_clock = {} ORDER BY number", now, clock));
  auto row = statement.Bind(std::string_view(fleet.value())).Step();
  for (; row.ok() && *row; row = statement.Step()) {
    into.emplace(statement.Text(0), absl::Nanoseconds(statement.Int(1)));
  }
  return row.status();
}

}  // namespace

KillSwitch KillSwitchOf(const Statement& row, int first) {
  KillSwitch state;
  state.stopped = row.Int(first) != 0;
  state.by = row.Text(first + 1);
  state.reason = row.Text(first + 2);
  if (!row.IsNull(first + 3)) state.changed = row.Time(first + 3);
  return state;
}

absl::StatusOr<FleetSnapshot> ReadSnapshot(Connection& connection, const FleetName& fleet) {
  FleetSnapshot snapshot;
  absl::Status status;
  const auto read = [&](std::string_view sql, auto& into, auto of) {
    if (!status.ok()) return;
    Statement statement = connection.Prepare(sql);
    statement.Bind(std::string_view(fleet.value()));
    status = ReadAll(statement, into, of);
  };
  const auto of_open_job = [](std::string_view columns, std::string_view table, std::string_view order) {
    return fmt::format(
        "SELECT {0} FROM {1} JOIN job ON job.id = {1}.job WHERE job.fleet = ? AND job.ended = 0 ORDER BY job.number, "
        "{2}",
        columns, table, order);
  };
  read(fmt::format("SELECT {} FROM job WHERE fleet = ? AND ended = 0 ORDER BY number", kJobColumns), snapshot.jobs,
       JobOf);
  read(of_open_job(kShardColumns, "shard", "shard.shard"), snapshot.shards, ShardOf);
  read(
      of_open_job("batch.job, batch.shard, batch.attempt, batch.seq", "batch", "batch.shard, batch.attempt, batch.seq"),
      snapshot.batches, BatchOf);
  for (const JobRecord& job : snapshot.jobs) {
    if (status.ok()) status = ReadKeptResults(connection, job.id, snapshot.results);
  }
  read("SELECT lease, job, shard, attempt, agent, boot FROM lease WHERE fleet = ? ORDER BY lease", snapshot.leases,
       LeaseOf);
  if (status.ok()) status = ReadShares(connection, fleet, snapshot.leases);
  read("SELECT id, region, labels, version, vantage, boot, epoch, drained FROM agent WHERE fleet = ? ORDER BY id",
       snapshot.agents, AgentOf);
  if (status.ok()) status = ReadElapsed(connection, fleet, snapshot.elapsed);
  if (!status.ok()) return status;
  auto schedules = ReadSchedules(connection, fleet, std::numeric_limits<std::uint32_t>::max(), ScheduleName());
  if (!schedules.ok()) return schedules.status();
  for (ScheduleReader::ScheduleView& view : *schedules) snapshot.schedules.push_back(std::move(view.schedule));
  auto policy = ReadPolicy(connection, fleet);
  if (!policy.ok()) return policy.status();
  snapshot.policy = *std::move(policy);
  auto budgets = ReadBudgets(connection, fleet);
  if (!budgets.ok()) return budgets.status();
  snapshot.budgets = *std::move(budgets);
  static const std::string kFleet = fmt::format("SELECT next_lease, {} FROM fleet WHERE name = ?", kKillSwitchColumns);
  Statement of_fleet = connection.Prepare(kFleet);
  const auto row = of_fleet.Bind(std::string_view(fleet.value())).Step();
  if (!row.ok()) return row.status();
  if (*row) {
    snapshot.next_lease = LeaseId(of_fleet.Uint64(0));
    snapshot.kill_switch = KillSwitchOf(of_fleet, 1);
  }
  return snapshot;
}

absl::StatusOr<std::optional<KnownRun>> ReadKnownRun(Connection& connection, const FleetName& fleet,
                                                     const RunKey& key) {
  static const std::string kRun = fmt::format("SELECT {} FROM job WHERE fleet = ? AND run_key = ?", kJobColumns);
  Statement statement = connection.Prepare(kRun);
  const auto row = statement.Bind(std::string_view(fleet.value())).Bind(std::string_view(key.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  auto job = JobOf(statement);
  if (!job.ok()) return job.status();
  return KnownRun{std::move(job->id), std::move(job->spec)};
}

}  // namespace wsfleet::store
