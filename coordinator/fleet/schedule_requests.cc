#include <algorithm>
#include <utility>

#include "coordinator/fleet/scheduler.h"
#include "core/base/text.h"
#include "fmt/format.h"

// What people ask of schedules.
namespace wsfleet::fleet {
namespace {

absl::Status NoSchedule(const ScheduleName& name) {
  return absl::NotFoundError(fmt::format("no schedule \"{}\" in this fleet", name.value()));
}

// Whoever applies the same again has changed nothing.
bool IsSame(const ScheduleSpec& known, ScheduleSpec applied) {
  applied.job.submitter = known.job.submitter;
  return known == applied;
}

absl::Status CheckEdition(const ScheduleName& name, const std::optional<ScheduleEdition>& expected,
                          const Schedule* known) {
  if (!expected) return absl::OkStatus();
  const std::uint64_t version = known == nullptr ? 0 : known->record.version;
  if (expected->version != version) {
    return absl::AbortedError(
        fmt::format("schedule \"{}\" was changed by somebody meanwhile (expected version {}, found {}); "
                    "look at the difference again",
                    name.value(), expected->version, version));
  }
  if (known != nullptr && expected->created != absl::InfinitePast() && expected->created != known->record.created) {
    return absl::AbortedError(
        fmt::format("schedule \"{}\" was deleted and made anew by somebody meanwhile (at {}); "
                    "look at the difference again",
                    name.value(), UtcText(known->record.created)));
  }
  return absl::OkStatus();
}

absl::Status CheckCatchUp(absl::Duration catch_up) {
  if (catch_up >= ScheduleSpec::kMinCatchUp && catch_up <= ScheduleSpec::kMaxCatchUp) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("catch_up: expected {} to {}, found {}",
                                                DurationText(ScheduleSpec::kMinCatchUp),
                                                DurationText(ScheduleSpec::kMaxCatchUp), DurationText(catch_up)));
}

}  // namespace

AnswerSchedule Scheduler::Carry(const ScheduleRequested& event) {
  AnswerSchedule answer = std::visit([this](const auto& what) { return On(what); }, event.what);
  answer.request = event.request;
  return answer;
}

absl::StatusOr<JobSpec> Scheduler::SpecOf(const ScheduleName& name) {
  const Schedule* schedule = schedules_.Find(name);
  if (schedule == nullptr) return NoSchedule(name);
  return schedule->record.spec.job;
}

absl::Status Scheduler::CheckApply(const ApplySchedule& request, const Schedule* known) const {
  const ScheduleSpec& spec = request.spec;
  if (absl::Status status = CheckEdition(spec.name, request.expected, known); !status.ok()) return status;
  if (known == nullptr && schedules_.all().size() >= max_schedules_) {
    return absl::ResourceExhaustedError(
        fmt::format("the fleet has {} schedules; its limit is reached", max_schedules_));
  }
  if (const auto rule = TickRule::Of(spec.timing); !rule.ok()) return rule.status();
  if (absl::Status status = CheckCatchUp(spec.catch_up); !status.ok()) return status;
  return runs_.check(spec.job);
}

AnswerSchedule Scheduler::On(const ApplySchedule& request) {
  AnswerSchedule answer;
  Schedule* known = schedules_.Find(request.spec.name);
  if (known != nullptr) answer.before = known->record;
  if (known != nullptr && IsSame(known->record.spec, request.spec)) {
    answer.after = known->record;
    return answer;
  }
  answer.status = CheckApply(request, known);
  if (!answer.status.ok()) return answer;
  answer.change = known == nullptr ? ScheduleChange::kCreated : ScheduleChange::kUpdated;
  answer.after = Applied(request, known);
  if (!request.dry_run) schedules_.Touch(schedules_.Put(*answer.after));
  return answer;
}

ScheduleRecord Scheduler::Applied(const ApplySchedule& request, Schedule* known) {
  ScheduleRecord record;
  record.created = record.settled = wall_;
  if (known != nullptr) {
    const bool other_times = !(known->record.spec.timing == request.spec.timing);
    if (other_times && !request.dry_run) SkipPending(*known, "the times were changed");
    record = known->record;
    ++record.version;
    // The new times count from now on.
    if (other_times) record.settled = std::max(record.settled, wall_);
  }
  record.spec = request.spec;
  record.changed = wall_;
  return record;
}

AnswerSchedule Scheduler::On(const PauseSchedule& request) {
  return Change(request.schedule, [&](Schedule& schedule) {
    SkipPending(schedule, "paused");
    SkipWaiting(schedule, "paused");
    schedule.record.paused = true;
    schedule.record.pause_reason = Excerpt(request.reason, 512);
  });
}

AnswerSchedule Scheduler::On(const ResumeSchedule& request) {
  return Change(request.schedule, [&](Schedule& schedule) {
    if (!schedule.record.paused) return;
    // What passed meanwhile is not made up for.
    schedule.record.settled = std::max(schedule.record.settled, wall_);
    schedule.record.paused = false;
    schedule.record.pause_reason.clear();
  });
}

AnswerSchedule Scheduler::On(const DeleteSchedule& request) {
  AnswerSchedule answer;
  const Schedule* schedule = schedules_.Find(request.schedule);
  if (schedule == nullptr) {
    answer.status = NoSchedule(request.schedule);
    return answer;
  }
  answer.status = CheckEdition(request.schedule, request.expected, schedule);
  if (!answer.status.ok()) return answer;
  answer.change = ScheduleChange::kDeleted;
  answer.before = schedule->record;
  schedules_.Remove(request.schedule);
  outbox_.batch().removed_schedules.push_back(request.schedule);
  return answer;
}

AnswerSchedule Scheduler::Change(const ScheduleName& name, const std::function<void(Schedule&)>& change) {
  AnswerSchedule answer;
  Schedule* schedule = schedules_.Find(name);
  if (schedule == nullptr) {
    answer.status = NoSchedule(name);
    return answer;
  }
  answer.before = schedule->record;
  change(*schedule);
  answer.after = schedule->record;
  if (*answer.before == *answer.after) return answer;
  answer.change = ScheduleChange::kUpdated;
  schedules_.Touch(*schedule);
  schedules_.Update(*schedule);
  return answer;
}

}  // namespace wsfleet::fleet
