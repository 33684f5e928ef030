#include <array>
#include <limits>
#include <utility>

#include "coordinator/store/row_json.h"
#include "coordinator/store/sql/event_kinds.h"
#include "coordinator/store/sql/rows.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

absl::Status UnknownWord(std::string_view column, std::string_view word) {
  return absl::DataLossError(fmt::format("column {} holds the unknown word \"{}\"", column, word));
}

constexpr int kEventColumns = 7;

absl::StatusOr<JobReader::EventView> EventOf(const Statement& row) {
  JobReader::EventView view;
  view.event.job = JobId(row.Text(0));
  view.event.number = row.Uint64(1);
  view.event.at = row.Time(2);
  const std::string kind = row.Text(3);
  const auto parsed = ParseEventKind(kind);
  if (!parsed) return UnknownWord("job_event.kind", kind);
  view.event.kind = *parsed;
  view.event.shard = ShardIndex(row.Uint64(4));
  view.event.case_id = CaseId(row.Text(5));
  view.event.text = row.Text(6);
  if (!row.IsNull(kEventColumns)) {
    auto result = ResultOf(row, kEventColumns);
    if (!result.ok()) return result.status();
    view.result = *std::move(result);
  }
  return view;
}

}  // namespace

absl::StatusOr<JobRecord> JobOf(const Statement& row) {
  auto spec = SpecFromText(row.Text(12));
  if (!spec.ok()) return spec.status();
  auto reasons = ListFromText(row.Text(9));
  if (!reasons.ok()) return reasons.status();
  JobRecord job;
  job.id = JobId(row.Text(0));
  job.spec = *std::move(spec);
  job.spec.sealed_secrets = row.Text(11);
  const std::string state = row.Text(1);
  const auto parsed = ParseJobState(state);
  if (!parsed) return UnknownWord("job.state", state);
  job.state = *parsed;
  job.created = row.Time(2);
  if (!row.IsNull(3)) job.started = row.Time(3);
  if (!row.IsNull(4)) job.finished = row.Time(4);
  job.cancel_requested = row.Int(5) != 0;
  job.cancel_reason = row.Text(6);
  job.deadline_passed = row.Int(7) != 0;
  if (!row.IsNull(8)) {
    const std::string verdict = row.Text(8);
    job.verdict = ParseJobVerdict(verdict);
    if (!job.verdict) return UnknownWord("job.verdict", verdict);
  }
  job.reasons = *std::move(reasons);
  job.last_event = row.Uint64(10);
  return job;
}

absl::StatusOr<ShardRecord> ShardOf(const Statement& row) {
  ShardRecord shard;
  shard.id = {JobId(row.Text(0)), ShardIndex(row.Uint64(1))};
  shard.region = RegionName(row.Text(2));
  shard.term = row.Text(3);
  const std::string state = row.Text(4);
  const auto parsed = ParseShardState(state);
  if (!parsed) return UnknownWord("shard.state", state);
  shard.state = *parsed;
  shard.agent = AgentId(row.Text(5));
  shard.vantage = row.Text(6);
  shard.attempt = row.Uint32(7);
  shard.released = row.Uint32(8);
  shard.finished_cases = row.Uint32(9);
  shard.failed_cases = row.Uint32(10);
  shard.reason = row.Text(11);
  return shard;
}

absl::StatusOr<CaseResultRecord> ResultOf(const Statement& row, int first) {
  auto result = ResultFromText(row.Text(first + 4));
  if (!result.ok()) return result.status();
  CaseResultRecord record;
  record.shard = {JobId(row.Text(first)), ShardIndex(row.Uint64(first + 1))};
  record.attempt = row.Uint32(first + 2);
  record.agent = AgentId(row.Text(first + 3));
  record.result = *std::move(result);
  return record;
}

absl::StatusOr<JobReader::JobView> ReadJob(Connection& connection, const FleetName& fleet, const JobId& job) {
  static const std::string kJob = fmt::format("SELECT {} FROM job WHERE id = ? AND fleet = ?", kJobColumns);
  static const std::string kShards = fmt::format("SELECT {} FROM shard WHERE job = ? ORDER BY shard", kShardColumns);
  Statement found = connection.Prepare(kJob);
  const auto row = found.Bind(std::string_view(job.value())).Bind(std::string_view(fleet.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(fmt::format("no run {} in fleet {}", job.value(), fleet.value()));
  auto record = JobOf(found);
  if (!record.ok()) return record.status();
  JobReader::JobView view{*std::move(record), {}};
  Statement shards = connection.Prepare(kShards);
  shards.Bind(std::string_view(job.value()));
  if (auto status = ReadAll(shards, view.shards, ShardOf); !status.ok()) return status;
  return view;
}

absl::StatusOr<std::vector<JobRecord>> ReadJobs(Connection& connection, const FleetName& fleet, std::uint32_t limit,
                                                const JobId& before) {
  static const std::string kJobs = fmt::format(
      "SELECT {} FROM job WHERE fleet = ?1 AND number < coalesce((SELECT number FROM job WHERE id = ?2), ?3) "
      "ORDER BY number DESC LIMIT ?4",
      kJobColumns);
  Statement statement = connection.Prepare(kJobs);
  statement.Bind(std::string_view(fleet.value()))
      .Bind(std::string_view(before.value()))
      .Bind(std::numeric_limits<std::int64_t>::max())
      .Bind(std::int64_t{limit});
  std::vector<JobRecord> jobs;
  if (auto status = ReadAll(statement, jobs, JobOf); !status.ok()) return status;
  return jobs;
}

absl::StatusOr<std::vector<JobReader::EventView>> ReadEvents(Connection& connection, const JobId& job,
                                                             std::uint64_t after, std::uint32_t limit) {
  static const std::string kEvents = fmt::format(
      "SELECT job_event.job, job_event.number, job_event.at, job_event.kind, job_event.shard, job_event.case_id, "
      "job_event.text, {} FROM job_event LEFT JOIN case_result ON job_event.kind = 'result' "
      "AND case_result.job = job_event.job AND case_result.shard = job_event.shard "
      "AND case_result.case_id = job_event.case_id "
      "WHERE job_event.job = ? AND job_event.number > ? ORDER BY job_event.number LIMIT ?",
      kResultColumns);
  Statement statement = connection.Prepare(kEvents);
  statement.Bind(std::string_view(job.value())).Bind(static_cast<std::int64_t>(after)).Bind(std::int64_t{limit});
  std::vector<JobReader::EventView> events;
  if (auto status = ReadAll(statement, events, EventOf); !status.ok()) return status;
  return events;
}

absl::StatusOr<std::vector<CaseResultRecord>> ReadResults(Connection& connection, const JobId& job) {
  static const std::string kResults =
      fmt::format("SELECT {} FROM case_result WHERE job = ? ORDER BY shard, number", kResultColumns);
  Statement statement = connection.Prepare(kResults);
  statement.Bind(std::string_view(job.value()));
  std::vector<CaseResultRecord> results;
  const auto of = [](const Statement& row) { return ResultOf(row); };
  if (auto status = ReadAll(statement, results, of); !status.ok()) return status;
  return results;
}

}  // namespace wsfleet::store
