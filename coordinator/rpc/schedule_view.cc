#include "coordinator/rpc/schedule_view.h"

#include <algorithm>
#include <string>

#include "coordinator/rpc/schedule_submission.h"
#include "coordinator/wall_clock.h"
#include "core/base/text.h"
#include "core/schedule/timing.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/convert_schedule.h"
#include "proto/wire/enums.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kNextTimes = 5;

void AddProblem(v1::Schedule& schedule, const absl::Status& status) {
  schedule.set_problem(
      fmt::format("{}{}{}", schedule.problem(), schedule.problem().empty() ? "" : "; ", ToStd(status.message())));
}

v1::Schedule Fill(const FleetName& fleet, const store::ScheduleReader::ScheduleView& view, absl::Time now,
                  int next_times) {
  const ScheduleRecord& record = view.schedule;
  v1::Schedule schedule = wire::ToWire(record);
  schedule.set_fleet(fleet.value());
  if (view.last) {
    schedule.set_last_state(wire::ToWire(view.last->state));
    if (view.last->verdict) schedule.set_last_verdict(std::string(JobVerdictName(*view.last->verdict)));
  }
  const absl::StatusOr<TickRule> rule = TickRule::Of(record.spec.timing);
  if (!rule.ok()) AddProblem(schedule, rule.status());
  if (record.settled > now + kClockTolerance) {
    AddProblem(schedule,
               absl::FailedPreconditionError(fmt::format(
                   "its times up to {} are decided on, since a clock was ahead; delete it and apply it again to "
                   "begin from now on",
                   UtcText(record.settled))));
  }
  if (!rule.ok() || record.paused) return schedule;
  // A time whose start the jitter delays is still to come.
  absl::Time time = std::max(record.settled, now - record.spec.timing.offset);
  for (int i = 0; i < next_times; ++i) {
    time = rule->Next(time);
    if (time == absl::InfiniteFuture()) break;
    *schedule.add_next() = wire::ToWire(time);
  }
  return schedule;
}

}  // namespace

v1::Schedule ListedSchedule(const FleetName& fleet, const store::ScheduleReader::ScheduleView& view, absl::Time now) {
  v1::Schedule schedule = Fill(fleet, view, now, 1);
  wire::KeepSummary(schedule);
  return schedule;
}

v1::Schedule DetailedSchedule(const FleetName& fleet, const store::ScheduleReader::ScheduleView& view,
                              const SecretBox& box, absl::Time now) {
  v1::Schedule schedule = Fill(fleet, view, now, kNextTimes);
  const auto names = SecretNames(fleet, view.schedule.spec, box);
  if (!names.ok()) AddProblem(schedule, names.status());
  schedule.set_secrets_lost(!names.ok());
  if (names.ok()) schedule.mutable_secrets()->Add(names->begin(), names->end());
  for (const auto& [tick, run] : view.ticks) {
    v1::Tick& shown = *schedule.add_ticks();
    shown = wire::ToWire(tick);
    if (!run) continue;
    shown.set_state(wire::ToWire(run->state));
    if (run->verdict) shown.set_verdict(std::string(JobVerdictName(*run->verdict)));
  }
  return schedule;
}

}  // namespace wsfleet::coordinator
