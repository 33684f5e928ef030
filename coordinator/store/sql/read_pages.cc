#include <utility>

#include "coordinator/store/sql/event_kinds.h"
#include "coordinator/store/sql/rows.h"
#include "fmt/format.h"

// Reads of what may be long, a page at a time: nobody waits long for somebody else's, and no page is large.
namespace wsfleet::store {
namespace {

constexpr std::int64_t kMaxRows = 256;
constexpr std::size_t kMaxBytes = 1 << 20;  // of results; the one that crosses it is in the page
constexpr std::int64_t kMaxShards = 500;

// Of a result with its shard's place, from column `first` on.
constexpr char kResultViewColumns[] =
    "case_result.job, case_result.shard, case_result.attempt, case_result.agent, case_result.result, "
    "case_result.number, coalesce(nullif(shard.region, ''), shard.term)";
constexpr int kResultText = 4;

absl::StatusOr<JobReader::ResultView> ResultViewOf(const Statement& row, int first) {
  auto taken = ResultOf(row, first);
  if (!taken.ok()) return taken.status();
  return JobReader::ResultView{*std::move(taken), RegionName(row.Text(first + 6)), row.Uint64(first + 5)};
}

constexpr int kEventColumns = 7;

absl::StatusOr<JobReader::EventView> EventOf(const Statement& row) {
  JobReader::EventView view;
  view.event.job = JobId(row.Text(0));
  view.event.number = row.Uint64(1);
  view.event.at = row.Time(2);
  const std::string kind = row.Text(3);
  const auto parsed = ParseEventKind(kind);
  if (!parsed) {
    return absl::DataLossError(fmt::format("column job_event.kind holds the unknown word \"{}\"", kind));
  }
  view.event.kind = *parsed;
  view.event.shard = ShardIndex(row.Uint64(4));
  view.event.case_id = CaseId(row.Text(5));
  view.event.text = row.Text(6);
  if (!row.IsNull(kEventColumns)) {
    auto result = ResultViewOf(row, kEventColumns);
    if (!result.ok()) return result.status();
    view.result = *std::move(result);
  }
  return view;
}

// How much a page holds already.
struct PageFill {
  std::int64_t rows = 0;
  std::size_t bytes = 0;

  bool is_full() const { return rows >= kMaxRows || bytes > kMaxBytes; }
};

// Appends rows until the page is full. True: there is no further row.
template <typename View, typename Of>
absl::StatusOr<bool> ReadPage(Statement& statement, int text_column, PageFill& fill, std::vector<View>& into, Of of) {
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) {
    if (fill.is_full()) return false;
    ++fill.rows;
    if (!statement.IsNull(text_column)) fill.bytes += statement.Text(text_column).size();
    absl::StatusOr<View> view = of(statement);
    if (!view.ok()) return view.status();
    into.push_back(*std::move(view));
  }
  if (!row.ok()) return row.status();
  return true;
}

absl::StatusOr<bool> ReadEvents(Connection& connection, const JobId& job, std::uint64_t after,
                                std::vector<JobReader::EventView>& into) {
  const std::string events = fmt::format(
      "SELECT job_event.job, job_event.number, job_event.at, job_event.kind, job_event.shard, job_event.case_id, "
      "job_event.text, {} FROM job_event LEFT JOIN case_result ON job_event.kind = 'result' "
      "AND case_result.job = job_event.job AND case_result.shard = job_event.shard AND {} = {} "
      "LEFT JOIN shard ON shard.job = case_result.job AND shard.shard = case_result.shard "
      "WHERE job_event.job = ? AND job_event.number > ? ORDER BY job_event.number LIMIT ?",
      kResultViewColumns, connection.KeyOf("case_result.case_id"), connection.KeyOf("job_event.case_id"));
  Statement statement = connection.Prepare(events);
  statement.Bind(std::string_view(job.value())).Bind(static_cast<std::int64_t>(after)).Bind(kMaxRows + 1);
  PageFill fill;
  return ReadPage(statement, kEventColumns + kResultText, fill, into, EventOf);
}

absl::StatusOr<bool> ReadShards(Connection& connection, const JobId& job, const JobReader::ChangeCursor& cursor,
                                std::vector<ShardRecord>& into) {
  static const std::string kShards =
      fmt::format("SELECT {} FROM shard WHERE job = ? AND (changed, shard) > (?, ?) ORDER BY changed, shard LIMIT ?",
                  kShardColumns);
  Statement statement = connection.Prepare(kShards);
  statement.Bind(std::string_view(job.value()))
      .Bind(static_cast<std::int64_t>(cursor.changed))
      .Bind(static_cast<std::int64_t>(cursor.shard.value()))
      .Bind(kMaxShards + 1);
  if (auto status = ReadAll(statement, into, ShardOf); !status.ok()) return status;
  if (std::cmp_less_equal(into.size(), kMaxShards)) return true;
  into.pop_back();
  return false;
}

}  // namespace

absl::StatusOr<JobReader::Changes> ReadChanges(Connection& connection, const FleetName& fleet, const JobId& job,
                                               const JobReader::ChangeCursor& cursor) {
  auto record = ReadJobAlone(connection, fleet, job);
  if (!record.ok()) return record.status();
  JobReader::Changes changes{*std::move(record), {}, {}, false};
  const auto are_all_events = ReadEvents(connection, job, cursor.event, changes.events);
  if (!are_all_events.ok()) return are_all_events.status();
  if (!*are_all_events) return changes;
  const auto are_all_shards = ReadShards(connection, job, cursor, changes.shards);
  if (!are_all_shards.ok()) return are_all_shards.status();
  changes.is_all = *are_all_shards;
  return changes;
}

absl::StatusOr<std::vector<JobReader::ResultView>> ReadResultPage(Connection& connection, const JobId& job,
                                                                  const JobReader::ResultCursor& cursor) {
  // SQLite looks for (shard, number) > (?, ?) by the shard only, since `number` is its row's own: each page of a large
  // shard would begin at the shard's first row.
  static const std::string kFrom = fmt::format(
      "SELECT {} FROM case_result LEFT JOIN shard ON shard.job = case_result.job AND shard.shard = case_result.shard "
      "WHERE case_result.job = ? ",
      kResultViewColumns);
  static const std::string kSameShard =
      kFrom + "AND case_result.shard = ? AND case_result.number > ? ORDER BY case_result.number LIMIT ?";
  static const std::string kNextShards =
      kFrom + "AND case_result.shard > ? ORDER BY case_result.shard, case_result.number LIMIT ?";
  std::vector<JobReader::ResultView> results;
  PageFill fill;
  const auto of = [](const Statement& row) { return ResultViewOf(row, 0); };
  Statement same = connection.Prepare(kSameShard);
  same.Bind(std::string_view(job.value()))
      .Bind(Number(cursor.shard.value()))
      .Bind(Number(cursor.number))
      .Bind(kMaxRows);
  if (const auto all = ReadPage(same, kResultText, fill, results, of); !all.ok()) return all.status();
  if (fill.is_full()) return results;
  Statement next = connection.Prepare(kNextShards);
  next.Bind(std::string_view(job.value())).Bind(Number(cursor.shard.value())).Bind(kMaxRows - fill.rows);
  if (const auto all = ReadPage(next, kResultText, fill, results, of); !all.ok()) return all.status();
  return results;
}

}  // namespace wsfleet::store
