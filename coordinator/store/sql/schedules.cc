#include "coordinator/store/row_json.h"
#include "coordinator/store/sql/rows.h"
#include "fmt/format.h"

// Schedules and what became of their nominal times.
namespace wsfleet::store {
namespace {

// Of a schedule; what waits is kept besides.
constexpr int kKeptTicks = 1000;

// What changes with each tick, in the order of both statements below.
void BindProgress(Statement& statement, const ScheduleRecord& schedule) {
  statement.Bind(std::int64_t{schedule.paused}).Bind(std::string_view(schedule.pause_reason)).Bind(schedule.settled);
  schedule.waiting ? statement.Bind(*schedule.waiting) : statement.BindNull();
  statement.Bind(std::string_view(schedule.last_job.value()))
      .Bind(Number(schedule.started))
      .Bind(Number(schedule.skipped))
      .Bind(Number(schedule.missed))
      .Bind(Number(schedule.refused));
}

void BindSpec(Statement& statement, const ScheduleRecord& schedule) {
  const ScheduleSpec& spec = schedule.spec;
  statement.Bind(std::string_view(spec.description))
      .Bind(std::string_view(spec.timing.cron))
      .Bind(std::string_view(spec.timing.zone))
      .Bind(absl::ToInt64Nanoseconds(spec.timing.every))
      .Bind(absl::ToInt64Nanoseconds(spec.timing.jitter))
      .Bind(absl::ToInt64Nanoseconds(spec.timing.offset))
      .Bind(absl::ToInt64Nanoseconds(spec.catch_up))
      .Bind(OverlapPolicyName(spec.overlap))
      .Bind(std::string_view(spec.job.bundle.value()))
      .Bind(std::string_view(SpecToText(spec.job)))
      .BindBytes(spec.job.sealed_secrets)
      .Bind(schedule.created)
      .Bind(schedule.changed);
}

// The spec may be large: it is written with each version of it once.
absl::Status WriteSchedule(Connection& connection, const FleetName& fleet, const ScheduleRecord& schedule) {
  const auto bind_key = [&](Statement& statement) {
    statement.Bind(std::string_view(fleet.value()))
        .Bind(std::string_view(schedule.spec.name.value()))
        .Bind(Number(schedule.version));
  };
  Statement update = connection.Prepare(
      "UPDATE schedule SET paused = ?, pause_reason = ?, settled = ?, waiting = ?, last_job = ?, started = ?, "
      "skipped = ?, missed = ?, refused = ? WHERE fleet = ? AND name = ? AND version = ?");
  BindProgress(update, schedule);
  bind_key(update);
  if (auto status = update.Run(); !status.ok()) return status;
  if (connection.changes() == 1) return absl::OkStatus();
  Statement insert = connection.Prepare(
      "INSERT INTO schedule (paused, pause_reason, settled, waiting, last_job, started, skipped, missed, refused, "
      "fleet, name, version, description, cron, zone, every_ns, jitter_ns, offset_ns, catch_up_ns, overlap, bundle, "
      "spec, sealed_secrets, created, changed) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (fleet, name) DO UPDATE SET paused = excluded.paused, pause_reason = excluded.pause_reason, "
      "settled = excluded.settled, waiting = excluded.waiting, last_job = excluded.last_job, "
      "started = excluded.started, skipped = excluded.skipped, missed = excluded.missed, refused = excluded.refused, "
      "version = excluded.version, description = excluded.description, cron = excluded.cron, zone = excluded.zone, "
      "every_ns = excluded.every_ns, jitter_ns = excluded.jitter_ns, offset_ns = excluded.offset_ns, "
      "catch_up_ns = excluded.catch_up_ns, overlap = excluded.overlap, bundle = excluded.bundle, spec = excluded.spec, "
      "sealed_secrets = excluded.sealed_secrets, created = excluded.created, changed = excluded.changed");
  BindProgress(insert, schedule);
  bind_key(insert);
  BindSpec(insert, schedule);
  return insert.Run();
}

absl::Status WriteTick(Connection& connection, const FleetName& fleet, const TickRecord& tick) {
  // Only one that waits changes: a nominal time never makes two runs.
  auto status = connection
                    .Prepare(
                        "INSERT INTO tick (fleet, schedule, nominal, times, decided, outcome, job, reason) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fleet, schedule, nominal) DO UPDATE SET "
                        "times = excluded.times, decided = excluded.decided, outcome = excluded.outcome, "
                        "job = excluded.job, reason = excluded.reason WHERE tick.outcome = 'waiting'")
                    .Bind(std::string_view(fleet.value()))
                    .Bind(std::string_view(tick.schedule.value()))
                    .Bind(tick.nominal)
                    .Bind(Number(tick.count))
                    .Bind(tick.decided)
                    .Bind(TickOutcomeName(tick.outcome))
                    .Bind(std::string_view(tick.job.value()))
                    .Bind(std::string_view(tick.reason))
                    .Run();
  if (!status.ok()) return status;
  if (connection.changes() != 1) {
    return absl::AlreadyExistsError(fmt::format(
        "tick {} of schedule {}", absl::FormatTime(tick.nominal, absl::UTCTimeZone()), tick.schedule.value()));
  }
  return connection
      .Prepare(
          "DELETE FROM tick WHERE fleet = ?1 AND schedule = ?2 AND outcome <> 'waiting' AND nominal <= "
          "(SELECT nominal FROM tick WHERE fleet = ?1 AND schedule = ?2 ORDER BY nominal DESC LIMIT 1 OFFSET ?3)")
      .Bind(std::string_view(fleet.value()))
      .Bind(std::string_view(tick.schedule.value()))
      .Bind(std::int64_t{kKeptTicks})
      .Run();
}

absl::Status RemoveSchedule(Connection& connection, const FleetName& fleet, const ScheduleName& name) {
  for (const char* sql :
       {"DELETE FROM tick WHERE fleet = ? AND schedule = ?", "DELETE FROM schedule WHERE fleet = ? AND name = ?"}) {
    auto status =
        connection.Prepare(sql).Bind(std::string_view(fleet.value())).Bind(std::string_view(name.value())).Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

constexpr char kScheduleColumns[] =
    "schedule.name, schedule.version, schedule.description, schedule.cron, schedule.zone, schedule.every_ns, "
    "schedule.jitter_ns, schedule.offset_ns, schedule.catch_up_ns, schedule.overlap, schedule.spec, "
    "schedule.sealed_secrets, schedule.created, schedule.changed, schedule.paused, schedule.pause_reason, "
    "schedule.settled, schedule.waiting, schedule.last_job, schedule.started, schedule.skipped, schedule.missed, "
    "schedule.refused";
constexpr int kScheduleColumnCount = 23;

absl::StatusOr<ScheduleRecord> ScheduleOf(const Statement& row) {
  ScheduleRecord schedule;
  ScheduleSpec& spec = schedule.spec;
  spec.name = ScheduleName(row.Text(0));
  schedule.version = row.Uint64(1);
  spec.description = row.Text(2);
  spec.timing = {row.Text(3), row.Text(4), absl::Nanoseconds(row.Int(5)), absl::Nanoseconds(row.Int(6)),
                 absl::Nanoseconds(row.Int(7))};
  spec.catch_up = absl::Nanoseconds(row.Int(8));
  const std::string overlap = row.Text(9);
  const auto policy = ParseOverlapPolicy(overlap);
  if (!policy) return UnknownWord("schedule.overlap", overlap);
  spec.overlap = *policy;
  auto job = SpecFromText(row.Text(10));
  if (!job.ok()) return job.status();
  spec.job = *std::move(job);
  spec.job.sealed_secrets = row.Text(11);
  schedule.created = row.Time(12);
  schedule.changed = row.Time(13);
  schedule.paused = row.Int(14) != 0;
  schedule.pause_reason = row.Text(15);
  schedule.settled = row.Time(16);
  if (!row.IsNull(17)) schedule.waiting = row.Time(17);
  schedule.last_job = JobId(row.Text(18));
  schedule.started = row.Uint64(19);
  schedule.skipped = row.Uint64(20);
  schedule.missed = row.Uint64(21);
  schedule.refused = row.Uint64(22);
  return schedule;
}

// "state, verdict" of a run that may not be kept any more.
absl::StatusOr<std::optional<ScheduleReader::Run>> RunOf(const Statement& row, int first) {
  if (row.IsNull(first)) return std::nullopt;
  ScheduleReader::Run run;
  const std::string state = row.Text(first);
  const auto parsed = ParseJobState(state);
  if (!parsed) return UnknownWord("job.state", state);
  run.state = *parsed;
  if (!row.IsNull(first + 1)) {
    const std::string verdict = row.Text(first + 1);
    run.verdict = ParseJobVerdict(verdict);
    if (!run.verdict) return UnknownWord("job.verdict", verdict);
  }
  return run;
}

absl::StatusOr<ScheduleReader::ScheduleView> ViewOf(const Statement& row) {
  auto schedule = ScheduleOf(row);
  if (!schedule.ok()) return schedule.status();
  auto last = RunOf(row, kScheduleColumnCount);
  if (!last.ok()) return last.status();
  return ScheduleReader::ScheduleView{*std::move(schedule), *last, {}};
}

absl::StatusOr<ScheduleReader::TickView> TickOf(const Statement& row) {
  ScheduleReader::TickView view;
  TickRecord& tick = view.tick;
  tick.schedule = ScheduleName(row.Text(0));
  tick.nominal = row.Time(1);
  tick.count = row.Uint64(2);
  tick.decided = row.Time(3);
  const std::string outcome = row.Text(4);
  const auto parsed = ParseTickOutcome(outcome);
  if (!parsed) return UnknownWord("tick.outcome", outcome);
  tick.outcome = *parsed;
  tick.job = JobId(row.Text(5));
  tick.reason = row.Text(6);
  auto run = RunOf(row, 7);
  if (!run.ok()) return run.status();
  view.run = *run;
  return view;
}

}  // namespace

absl::Status WriteSchedules(Connection& connection, const FleetName& fleet, const WriteBatch& batch) {
  for (const ScheduleRecord& schedule : batch.schedules) {
    if (auto status = WriteSchedule(connection, fleet, schedule); !status.ok()) return status;
  }
  for (const TickRecord& tick : batch.ticks) {
    if (auto status = WriteTick(connection, fleet, tick); !status.ok()) return status;
  }
  for (const ScheduleName& name : batch.removed_schedules) {
    if (auto status = RemoveSchedule(connection, fleet, name); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<ScheduleReader::ScheduleView> ReadSchedule(Connection& connection, const FleetName& fleet,
                                                          const ScheduleName& name, std::uint32_t max_ticks) {
  static const std::string kSchedule = fmt::format(
      "SELECT {}, job.state, job.verdict FROM schedule LEFT JOIN job ON job.id = schedule.last_job "
      "WHERE schedule.fleet = ? AND schedule.name = ?",
      kScheduleColumns);
  Statement found = connection.Prepare(kSchedule);
  const auto row = found.Bind(std::string_view(fleet.value())).Bind(std::string_view(name.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(fmt::format("no schedule \"{}\" in fleet {}", name.value(), fleet.value()));
  auto view = ViewOf(found);
  if (!view.ok()) return view.status();
  Statement ticks = connection.Prepare(
      "SELECT tick.schedule, tick.nominal, tick.times, tick.decided, tick.outcome, tick.job, tick.reason, job.state, "
      "job.verdict FROM tick LEFT JOIN job ON job.id = tick.job WHERE tick.fleet = ? AND tick.schedule = ? "
      "ORDER BY tick.nominal DESC LIMIT ?");
  ticks.Bind(std::string_view(fleet.value())).Bind(std::string_view(name.value())).Bind(std::int64_t{max_ticks});
  if (auto status = ReadAll(ticks, view->ticks, TickOf); !status.ok()) return status;
  return view;
}

absl::StatusOr<std::vector<ScheduleReader::ScheduleView>> ReadSchedules(Connection& connection, const FleetName& fleet,
                                                                        std::uint32_t limit,
                                                                        const ScheduleName& after) {
  static const std::string kSchedules = fmt::format(
      "SELECT {}, job.state, job.verdict FROM schedule LEFT JOIN job ON job.id = schedule.last_job "
      "WHERE schedule.fleet = ? AND schedule.name > ? ORDER BY schedule.name LIMIT ?",
      kScheduleColumns);
  Statement statement = connection.Prepare(kSchedules);
  statement.Bind(std::string_view(fleet.value())).Bind(std::string_view(after.value())).Bind(std::int64_t{limit});
  std::vector<ScheduleReader::ScheduleView> views;
  if (auto status = ReadAll(statement, views, ViewOf); !status.ok()) return status;
  return views;
}

}  // namespace wsfleet::store
