#include <utility>

#include "coordinator/store/row_json.h"
#include "coordinator/store/sql/rows.h"
#include "core/verdict/bulk.h"
#include "fmt/format.h"

// What a machine keeps of the results of a run that has not ended. A run may have a hundred thousand of them, with
// gigabytes of evidence.
namespace wsfleet::store {
namespace {

constexpr std::int64_t kMaxKept = 500;  // in a page

// Of a row that an earlier version has written.
absl::StatusOr<CaseResult> KeptOfWhole(Connection& connection, std::uint64_t number) {
  Statement statement = connection.Prepare("SELECT result FROM case_result WHERE number = ?");
  const auto row = statement.Bind(Number(number)).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::DataLossError(fmt::format("result {} is gone", number));
  const auto whole = ResultFromText(statement.Text(0));
  return whole.ok() ? absl::StatusOr<CaseResult>(WithoutBulk(*whole)) : whole.status();
}

// A row of the page, and where it stands.
struct KeptRow {
  std::uint64_t number = 0;
  bool is_whole = false;  // what is kept of it was not stored
  CaseResultRecord record;
};

absl::StatusOr<KeptRow> KeptRowOf(const Statement& row) {
  KeptRow kept;
  kept.record.shard.index = ShardIndex(row.Uint64(0));
  kept.number = row.Uint64(1);
  kept.record.attempt = row.Uint32(2);
  kept.record.agent = AgentId(row.Text(3));
  kept.is_whole = row.IsNull(4);
  if (kept.is_whole) return kept;
  auto result = ResultFromText(row.Text(4));
  if (!result.ok()) return result.status();
  kept.record.result = *std::move(result);
  return kept;
}

// Fewer than kMaxKept: there are no more. See ReadResultPage() for why these are two statements.
absl::Status ReadKeptPage(Connection& connection, const JobId& job, const JobReader::ResultCursor& cursor,
                          std::vector<KeptRow>& page) {
  Statement same = connection.Prepare(
      "SELECT shard, number, attempt, agent, kept FROM case_result WHERE job = ? AND shard = ? AND number > ? "
      "ORDER BY number LIMIT ?");
  same.Bind(std::string_view(job.value()))
      .Bind(Number(cursor.shard.value()))
      .Bind(Number(cursor.number))
      .Bind(kMaxKept);
  if (auto status = ReadAll(same, page, KeptRowOf); !status.ok()) return status;
  const std::int64_t left = kMaxKept - static_cast<std::int64_t>(page.size());
  if (left == 0) return absl::OkStatus();
  Statement next = connection.Prepare(
      "SELECT shard, number, attempt, agent, kept FROM case_result WHERE job = ? AND shard > ? "
      "ORDER BY shard, number LIMIT ?");
  next.Bind(std::string_view(job.value())).Bind(Number(cursor.shard.value())).Bind(left);
  return ReadAll(next, page, KeptRowOf);
}

}  // namespace

absl::Status ReadKeptResults(Connection& connection, const JobId& job, std::vector<CaseResultRecord>& into) {
  JobReader::ResultCursor cursor;
  std::vector<KeptRow> page;
  do {
    page.clear();
    if (auto status = ReadKeptPage(connection, job, cursor, page); !status.ok()) return status;
    for (KeptRow& row : page) {
      cursor = {row.record.shard.index, row.number};
      row.record.shard.job = job;
      if (row.is_whole) {
        auto kept = KeptOfWhole(connection, row.number);
        if (!kept.ok()) return kept.status();
        row.record.result = *std::move(kept);
      }
      into.push_back(std::move(row.record));
    }
  } while (std::cmp_equal(page.size(), kMaxKept));
  return absl::OkStatus();
}

}  // namespace wsfleet::store
