#include <array>
#include <limits>
#include <utility>

#include "coordinator/store/row_json.h"
#include "coordinator/store/sql/rows.h"
#include "fmt/format.h"

namespace wsfleet::store {

absl::Status UnknownWord(std::string_view column, std::string_view word) {
  return absl::DataLossError(fmt::format("column {} holds the unknown word \"{}\"", column, word));
}

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
  auto past_leases = PastLeasesFromText(row.Text(13));
  if (!past_leases.ok()) return past_leases.status();
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
  shard.changed = row.Uint64(12);
  shard.past_leases = *std::move(past_leases);
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

absl::StatusOr<JobRecord> ReadJobAlone(Connection& connection, const FleetName& fleet, const JobId& job) {
  static const std::string kJob = fmt::format("SELECT {} FROM job WHERE id = ? AND fleet = ?", kJobColumns);
  Statement found = connection.Prepare(kJob);
  const auto row = found.Bind(std::string_view(job.value())).Bind(std::string_view(fleet.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) {
    return absl::NotFoundError(fmt::format("no run {} in fleet {}; runs that ended long ago are removed (--keep)",
                                           job.value(), fleet.value()));
  }
  return JobOf(found);
}

absl::StatusOr<JobReader::JobView> ReadJob(Connection& connection, const FleetName& fleet, const JobId& job) {
  static const std::string kShards = fmt::format("SELECT {} FROM shard WHERE job = ? ORDER BY shard", kShardColumns);
  auto record = ReadJobAlone(connection, fleet, job);
  if (!record.ok()) return record.status();
  JobReader::JobView view{*std::move(record), {}};
  Statement shards = connection.Prepare(kShards);
  shards.Bind(std::string_view(job.value()));
  if (auto status = ReadAll(shards, view.shards, ShardOf); !status.ok()) return status;
  return view;
}

absl::StatusOr<std::vector<JobRecord>> ReadJobs(Connection& connection, const FleetName& fleet, std::uint32_t limit,
                                                const JobId& before) {
  static const std::string kJobs =
      fmt::format("SELECT {} FROM job WHERE fleet = ? AND number < ? ORDER BY number DESC LIMIT ?", kJobColumns);
  std::int64_t below = std::numeric_limits<std::int64_t>::max();
  if (!before.empty()) {
    Statement number = connection.Prepare("SELECT number FROM job WHERE id = ?");
    const auto row = number.Bind(std::string_view(before.value())).Step();
    if (!row.ok()) return row.status();
    // Nothing tells any more which runs are older; from the newest on again would be a circle.
    if (!*row)
      return absl::NotFoundError(
          fmt::format("run {} was removed meanwhile; list from the newest again", before.value()));
    below = number.Int(0);
  }
  Statement statement = connection.Prepare(kJobs);
  statement.Bind(std::string_view(fleet.value())).Bind(below).Bind(std::int64_t{limit});
  std::vector<JobRecord> jobs;
  if (auto status = ReadAll(statement, jobs, JobOf); !status.ok()) return status;
  return jobs;
}

}  // namespace wsfleet::store
