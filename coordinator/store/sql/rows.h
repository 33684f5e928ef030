#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/sql/connection.h"
#include "coordinator/store/store.h"

// Records to rows and back, over a connection that the caller has to itself. A caller that needs one view of several
// tables has begun a transaction.
namespace wsfleet::store {

// As it is bound. It comes back as Statement::Uint64().
inline std::int64_t Number(std::uint64_t number) { return static_cast<std::int64_t>(number); }

// write.cc
// Budgets of which its leases have shares were locked.
absl::StatusOr<CommitOutcome> Write(Connection& connection, const FleetName& fleet, const WriteBatch& batch);

// load.cc
absl::StatusOr<FleetSnapshot> ReadSnapshot(Connection& connection, const FleetName& fleet);
inline constexpr char kKillSwitchColumns[] = "stopped, switched_by, stop_reason, switched";
KillSwitch KillSwitchOf(const Statement& row, int first);
absl::StatusOr<std::optional<KnownRun>> ReadKnownRun(Connection& connection, const FleetName& fleet, const RunKey& key);

// read.cc
// DATA_LOSS: a column that holds one of a few words holds another.
absl::Status UnknownWord(std::string_view column, std::string_view word);
// Each constant names the columns that the function after it reads.
inline constexpr char kJobColumns[] =
    "job.id, job.state, job.created, job.started, job.finished, job.cancel_requested, job.cancel_reason, "
    "job.deadline_passed, job.verdict, job.reasons, job.last_event, job.sealed_secrets, job.spec";
absl::StatusOr<JobRecord> JobOf(const Statement& row);
inline constexpr char kShardColumns[] =
    "shard.job, shard.shard, shard.region, shard.term, shard.state, shard.agent, shard.vantage, shard.attempt, "
    "shard.released, shard.finished_cases, shard.failed_cases, shard.reason, shard.changed, shard.past_leases";
absl::StatusOr<ShardRecord> ShardOf(const Statement& row);
// Of "case_result.job, case_result.shard, case_result.attempt, case_result.agent, case_result.result", from `first` on.
absl::StatusOr<CaseResultRecord> ResultOf(const Statement& row, int first);

absl::StatusOr<JobRecord> ReadJobAlone(Connection& connection, const FleetName& fleet, const JobId& job);
absl::StatusOr<JobReader::JobView> ReadJob(Connection& connection, const FleetName& fleet, const JobId& job);
absl::StatusOr<std::vector<JobRecord>> ReadJobs(Connection& connection, const FleetName& fleet, std::uint32_t limit,
                                                const JobId& before);

// read_pages.cc
absl::StatusOr<JobReader::Changes> ReadChanges(Connection& connection, const FleetName& fleet, const JobId& job,
                                               const JobReader::ChangeCursor& cursor);
absl::StatusOr<std::vector<JobReader::ResultView>> ReadResultPage(Connection& connection, const JobId& job,
                                                                  const JobReader::ResultCursor& cursor);

// read_kept.cc
// Appends all results of the job, without their bulk, in the order of ReadResultPage().
absl::Status ReadKeptResults(Connection& connection, const JobId& job, std::vector<CaseResultRecord>& into);

// retention.cc
absl::StatusOr<RetentionStore::Step> RemoveExpired(Connection& connection, const FleetName& fleet,
                                                   const RetentionStore::Rule& rule);
// It was stored, or seen in use, at this time.
absl::Status WriteBundleUse(Connection& connection, const BundleDigest& digest, absl::Time at);

// schedules.cc
absl::Status WriteSchedules(Connection& connection, const FleetName& fleet, const WriteBatch& batch);
absl::StatusOr<ScheduleReader::ScheduleView> ReadSchedule(Connection& connection, const FleetName& fleet,
                                                          const ScheduleName& name, std::uint32_t max_ticks);
absl::StatusOr<std::vector<ScheduleReader::ScheduleView>> ReadSchedules(Connection& connection, const FleetName& fleet,
                                                                        std::uint32_t limit, const ScheduleName& after);

// policy.cc
absl::Status WritePolicy(Connection& connection, const FleetName& fleet, const PolicyRecord& record);
absl::StatusOr<std::optional<PolicyRecord>> ReadPolicy(Connection& connection, const FleetName& fleet);

// budgets.cc
absl::Status WriteBudgets(Connection& connection, const FleetName& fleet, const std::vector<Budget>& budgets);
absl::StatusOr<std::vector<Budget>> ReadBudgets(Connection& connection, const FleetName& fleet);
// A row to be locked, unless there is one.
absl::Status AddBudget(Connection& connection, const BudgetName& budget);
// By name: those of which leases of the batch have shares.
absl::StatusOr<std::vector<BudgetState>> ReadBudgetStates(Connection& connection, const WriteBatch& batch);
// False: one of its shares does not fit, and none is reserved. `states`: of all of its budgets, as the transaction has
// them; kept up to date.
absl::StatusOr<bool> ReserveShares(Connection& connection, const FleetName& fleet, const LeaseRecord& lease,
                                   std::vector<BudgetState>& states);
absl::Status EndShares(Connection& connection, const FleetName& fleet, LeaseId lease);
// Adds to each lease what is reserved for it. `leases`: all of the fleet, by number.
absl::Status ReadShares(Connection& connection, const FleetName& fleet, std::vector<LeaseRecord>& leases);

// access.cc
absl::Status WriteToken(Connection& connection, const TokenRecord& token);
absl::StatusOr<TokenRecord> WriteRevocation(Connection& connection, const FleetName& fleet,
                                            const std::string& id_or_name, absl::Time at);
absl::StatusOr<std::vector<TokenRecord>> ReadUnrevokedTokens(Connection& connection);
absl::StatusOr<std::vector<TokenRecord>> ReadTokens(Connection& connection, const FleetName& fleet, std::uint32_t limit,
                                                    const TokenId& after);
absl::Status RemoveGoneTokens(Connection& connection, absl::Time gone_before);
absl::Status WriteAudit(Connection& connection, const std::vector<AuditRecord>& records);
absl::StatusOr<std::vector<AuditRecord>> ReadAudit(Connection& connection, const AuditStore::Query& query);
absl::StatusOr<std::uint32_t> RemoveOldAudit(Connection& connection, absl::Time before,
                                             const AuditStore::Limits& limits);

// Appends what `of` makes of each remaining row.
template <typename Record, typename Of>
absl::Status ReadAll(Statement& statement, std::vector<Record>& into, Of of) {
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) {
    absl::StatusOr<Record> record = of(statement);
    if (!record.ok()) return record.status();
    into.push_back(*std::move(record));
  }
  return row.status();
}

}  // namespace wsfleet::store
