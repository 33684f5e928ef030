#include <array>
#include <limits>
#include <utility>

#include "coordinator/store/sql/rows.h"

// Removes what is not kept any more. A run goes in two parts: first its own row, with its key, so that from then on
// nobody sees any of it; then the rows of its shards, results and events, a few in each step. What is still to be
// removed of it stands in removed_job.
namespace wsfleet::store {
namespace {

constexpr std::int64_t kRunsInStep = 32;
constexpr std::int64_t kBundlesInStep = 32;

struct Leftovers {
  const char* remove;  // of a run, so many
  std::int64_t rows;   // in a step
};
// Results may be large.
constexpr std::array kLeftovers = {
    Leftovers{"DELETE FROM case_result WHERE number IN (SELECT number FROM case_result WHERE job = ? LIMIT ?)", 32},
    Leftovers{"DELETE FROM job_event WHERE job = ?1 AND number IN "
              "(SELECT number FROM job_event WHERE job = ?1 ORDER BY number LIMIT ?2)",
              256},
    Leftovers{"DELETE FROM batch WHERE (job, shard, attempt, seq) IN "
              "(SELECT job, shard, attempt, seq FROM batch WHERE job = ? LIMIT ?)",
              256},
    Leftovers{"DELETE FROM shard WHERE job = ?1 AND shard IN (SELECT shard FROM shard WHERE job = ?1 LIMIT ?2)", 256},
};

// What refers to a bundle; another table that does belongs here. A run that a coordinator of an earlier version stored,
// while this one had the schema already, does not say which it refers to.
constexpr char kUsers[] =
    "SELECT 1 FROM job WHERE bundle = ?1 OR bundle = '' UNION ALL SELECT 1 FROM schedule WHERE bundle = ?1 LIMIT 1";

absl::StatusOr<std::string> TextOf(const Statement& row) { return row.Text(0); }

absl::StatusOr<bool> RemoveLeftovers(Connection& connection, const FleetName& fleet) {
  std::string job;
  {
    Statement next = connection.Prepare("SELECT job FROM removed_job WHERE fleet = ? ORDER BY job LIMIT 1");
    const auto row = next.Bind(std::string_view(fleet.value())).Step();
    if (!row.ok() || !*row) return row;
    job = next.Text(0);
  }
  for (const Leftovers& leftovers : kLeftovers) {
    auto status = connection.Prepare(leftovers.remove).Bind(std::string_view(job)).Bind(leftovers.rows).Run();
    if (!status.ok()) return status;
    if (connection.changes() > 0) return true;
  }
  auto status = connection.Prepare("DELETE FROM removed_job WHERE fleet = ? AND job = ?")
                    .Bind(std::string_view(fleet.value()))
                    .Bind(std::string_view(job))
                    .Run();
  if (!status.ok()) return status;
  return true;
}

// Runs that ended before it are too old, or too many.
absl::StatusOr<absl::Time> Cutoff(Connection& connection, const FleetName& fleet, const RetentionStore::Rule& rule) {
  Statement beyond = connection.Prepare(
      "SELECT finished FROM job WHERE fleet = ? AND ended = 1 ORDER BY finished DESC LIMIT 1 OFFSET ?");
  const auto row = beyond.Bind(std::string_view(fleet.value())).Bind(std::int64_t{rule.runs}).Step();
  if (!row.ok()) return row.status();
  return *row ? std::max(rule.ended_before, beyond.Time(0) + absl::Nanoseconds(1)) : rule.ended_before;
}

absl::StatusOr<std::uint32_t> RemoveRuns(Connection& connection, const FleetName& fleet,
                                         const RetentionStore::Rule& rule) {
  const auto cutoff = Cutoff(connection, fleet, rule);
  if (!cutoff.ok()) return cutoff.status();
  std::vector<std::string> jobs;
  {
    Statement expired = connection.Prepare(
        "SELECT id FROM job WHERE fleet = ? AND ended = 1 AND finished < ? ORDER BY finished LIMIT ?");
    expired.Bind(std::string_view(fleet.value())).Bind(*cutoff).Bind(kRunsInStep);
    if (auto status = ReadAll(expired, jobs, TextOf); !status.ok()) return status;
  }
  for (const std::string& job : jobs) {
    auto status = connection.Prepare("INSERT INTO removed_job (fleet, job) VALUES (?, ?)")
                      .Bind(std::string_view(fleet.value()))
                      .Bind(std::string_view(job))
                      .Run();
    if (!status.ok()) return status;
    status = connection.Prepare("DELETE FROM job WHERE id = ?").Bind(std::string_view(job)).Run();
    if (!status.ok()) return status;
  }
  return static_cast<std::uint32_t>(jobs.size());
}

absl::StatusOr<bool> IsUsed(Connection& connection, const std::string& digest) {
  return connection.Prepare(kUsers).Bind(std::string_view(digest)).Step();
}

// Looks at those first that nobody looked at for the longest time. One is removed at most: it may be large.
absl::StatusOr<RetentionStore::Step> RemoveBundle(Connection& connection, const RetentionStore::Rule& rule) {
  std::vector<std::string> digests;
  {
    Statement oldest = connection.Prepare("SELECT digest FROM bundle_use WHERE used < ? ORDER BY used LIMIT ?");
    oldest.Bind(rule.unused_before).Bind(kBundlesInStep);
    if (auto status = ReadAll(oldest, digests, TextOf); !status.ok()) return status;
  }
  RetentionStore::Step step{!digests.empty()};
  for (const std::string& digest : digests) {
    const auto used = IsUsed(connection, digest);
    if (!used.ok()) return used.status();
    if (*used) {
      if (auto status = WriteBundleUse(connection, BundleDigest(digest), rule.now); !status.ok()) return status;
      continue;
    }
    // Not if somebody has stored it again meanwhile.
    auto status = connection.Prepare("DELETE FROM bundle_use WHERE digest = ? AND used < ?")
                      .Bind(std::string_view(digest))
                      .Bind(rule.unused_before)
                      .Run();
    if (!status.ok()) return status;
    if (connection.changes() == 0) continue;
    status = connection.Prepare("DELETE FROM bundle WHERE digest = ?").Bind(std::string_view(digest)).Run();
    if (!status.ok()) return status;
    step.bundles = 1;
    break;
  }
  return step;
}

}  // namespace

absl::StatusOr<RetentionStore::Step> RemoveExpired(Connection& connection, const FleetName& fleet,
                                                   const RetentionStore::Rule& rule) {
  const auto leftovers = RemoveLeftovers(connection, fleet);
  if (!leftovers.ok()) return leftovers.status();
  if (*leftovers) return RetentionStore::Step{true};
  const auto runs = RemoveRuns(connection, fleet, rule);
  if (!runs.ok()) return runs.status();
  if (*runs > 0) return RetentionStore::Step{true, *runs};
  return RemoveBundle(connection, rule);
}

absl::Status WriteBundleUse(Connection& connection, const BundleDigest& digest, absl::Time at) {
  return connection
      .Prepare(
          "INSERT INTO bundle_use (digest, used) VALUES (?, ?) "
          "ON CONFLICT (digest) DO UPDATE SET used = excluded.used")
      .Bind(std::string_view(digest.value()))
      .Bind(at)
      .Run();
}

}  // namespace wsfleet::store
