#include "coordinator/fleet/scheduler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::fleet {
namespace {

TickRecord TickOf(const Schedule& schedule, absl::Time nominal, TickOutcome outcome, std::string reason) {
  TickRecord tick;
  tick.schedule = schedule.record.spec.name;
  tick.nominal = nominal;
  tick.outcome = outcome;
  tick.reason = std::move(reason);
  return tick;
}

}  // namespace

void Scheduler::Restore(const std::vector<ScheduleRecord>& records) {
  for (const ScheduleRecord& record : records) schedules_.Put(record);
}

std::vector<ScheduleRecord> Scheduler::records() const {
  std::vector<ScheduleRecord> records;
  for (const auto& [name, schedule] : schedules_.all()) records.push_back(schedule.record);
  return records;
}

void Scheduler::RestoreRun(const JobId& job, const JobSpec& spec) {
  if (!spec.schedule.empty()) schedules_.AddRun(spec.schedule, job);
}

void Scheduler::OnStarted(const JobId& job, const JobSpec& spec) {
  RestoreRun(job, spec);
  Schedule* schedule = schedules_.Find(spec.schedule);
  if (schedule == nullptr) return;
  schedule->record.last_job = job;
  schedules_.Touch(*schedule);
}

void Scheduler::OnEnded(const JobId& job, const JobSpec& spec) {
  if (!spec.schedule.empty()) schedules_.RemoveRun(spec.schedule, job);
}

void Scheduler::WriteTouched() {
  for (ScheduleRecord& record : schedules_.TakeTouched()) outbox_.batch().schedules.push_back(std::move(record));
}

void Scheduler::TakeTicks() {
  for (const ScheduleName& name : schedules_.Due(wall_)) {
    Schedule& schedule = *schedules_.Find(name);
    ScheduleRecord& record = schedule.record;
    if (record.waiting && schedule.open.empty()) Start(schedule, *std::exchange(record.waiting, std::nullopt));
    const LateTicks late = FindLate(schedule, wall_);
    if (late.missed > 0) {
      Miss(schedule, late.first_missed, fmt::format("nobody was there within {}", DurationText(record.spec.catch_up)),
           late.missed);
    }
    for (const absl::Time nominal : late.taken) {
      // Of several at once, each would only be cancelled by the next.
      if (record.spec.overlap == OverlapPolicy::kCancelOther && nominal != late.taken.back()) {
        Skip(schedule, nominal, "a newer one was due at the same time");
      } else {
        Decide(schedule, nominal);
      }
    }
    record.settled = std::max(record.settled, wall_ - record.spec.timing.offset);
    schedules_.Touch(schedule);
    schedules_.Update(schedule);
  }
}

void Scheduler::Decide(Schedule& schedule, absl::Time nominal) {
  if (!why_stopped_.empty()) return Miss(schedule, nominal, why_stopped_, 1);
  if (schedule.has_room()) return Start(schedule, nominal);
  std::optional<absl::Time>& waiting = schedule.record.waiting;
  const std::string why = fmt::format("run {} had not ended", schedule.open.begin()->value());
  const auto wait = [&] {
    waiting = nominal;
    Record(schedule, TickOf(schedule, nominal, TickOutcome::kWaiting, why));
  };
  switch (schedule.record.spec.overlap) {
    case OverlapPolicy::kAllow:
    case OverlapPolicy::kSkip:
      return Skip(schedule, nominal, why);
    case OverlapPolicy::kBufferOne:
      if (!waiting) return wait();
      return Skip(schedule, nominal, fmt::format("{}, and the tick of {} waited", why, UtcText(*waiting)));
    case OverlapPolicy::kCancelOther:
      SkipWaiting(schedule, "a newer one was due before it could start");
      // A copy: a run may end at once.
      for (const JobId& job : std::set(schedule.open)) {
        runs_.cancel(job, fmt::format("schedule {}: the next run is due", schedule.record.spec.name.value()));
      }
      return wait();
  }
}

void Scheduler::Start(Schedule& schedule, absl::Time nominal) {
  if (!why_stopped_.empty()) return Miss(schedule, nominal, why_stopped_, 1);
  JobSpec spec = schedule.record.spec.job;
  spec.tick = nominal;
  const std::string note =
      fmt::format("schedule {}: due at {}, started {} later", schedule.record.spec.name.value(), UtcText(nominal),
                  FormatElapsed(std::max(wall_ - nominal, absl::ZeroDuration())));
  const absl::StatusOr<JobId> job = runs_.start(std::move(spec), note);
  TickRecord tick = TickOf(schedule, nominal, TickOutcome::kStarted, "");
  if (job.ok()) {
    tick.job = *job;
  } else {
    tick.outcome = TickOutcome::kRefused;
    tick.reason = Excerpt(ToStd(job.status().message()), 512);
  }
  Record(schedule, std::move(tick));
}

void Scheduler::Skip(Schedule& schedule, absl::Time nominal, std::string reason) {
  Record(schedule, TickOf(schedule, nominal, TickOutcome::kSkipped, std::move(reason)));
}

void Scheduler::Miss(Schedule& schedule, absl::Time nominal, std::string reason, std::uint64_t count) {
  TickRecord tick = TickOf(schedule, nominal, TickOutcome::kMissed, std::move(reason));
  tick.count = count;
  Record(schedule, std::move(tick));
}

void Scheduler::Record(Schedule& schedule, TickRecord tick) {
  ScheduleRecord& record = schedule.record;
  tick.decided = wall_;
  switch (tick.outcome) {
    case TickOutcome::kStarted:
      record.started += tick.count;
      break;
    case TickOutcome::kSkipped:
      record.skipped += tick.count;
      break;
    case TickOutcome::kMissed:
      record.missed += tick.count;
      break;
    case TickOutcome::kRefused:
      record.refused += tick.count;
      break;
    case TickOutcome::kWaiting:
      break;
  }
  outbox_.batch().ticks.push_back(std::move(tick));
  schedules_.Touch(schedule);
}

void Scheduler::SkipPending(Schedule& schedule, const std::string& reason) {
  ScheduleRecord& record = schedule.record;
  if (record.paused) return;
  const std::uint64_t pending = schedule.rule ? schedule.rule->Count(record.settled, wall_) : 0;
  if (pending > 0) {
    TickRecord tick = TickOf(schedule, schedule.next, TickOutcome::kSkipped, reason);
    tick.count = pending;
    Record(schedule, std::move(tick));
  }
  record.settled = std::max(record.settled, wall_);
}

void Scheduler::SkipWaiting(Schedule& schedule, const std::string& reason) {
  if (const auto waiting = std::exchange(schedule.record.waiting, std::nullopt)) Skip(schedule, *waiting, reason);
}

}  // namespace wsfleet::fleet
