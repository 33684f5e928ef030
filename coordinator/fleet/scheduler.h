#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/fleet/effects.h"
#include "coordinator/fleet/events.h"
#include "coordinator/fleet/outbox.h"
#include "coordinator/fleet/schedules.h"

namespace wsfleet::fleet {

// The part of the machine that is about schedules: what becomes of a nominal time that is due, and what people ask.
// What is decided about a time, and the run that it makes, are in one turn, so in one commit.
class Scheduler {
 public:
  // What it asks of the rest of the machine.
  struct Runs {
    // Why no run could be made of this at any time.
    std::function<absl::Status(const JobSpec&)> check;
    // Begins a run, which OnStarted() reports; or says why there is none. The note is its first event.
    std::function<absl::StatusOr<JobId>(JobSpec, std::string note)> start;
    std::function<void(const JobId&, std::string reason)> cancel;
  };

  // `outbox` outlives it.
  Scheduler(Runs runs, Outbox& outbox, std::uint32_t max_schedules)
      : runs_(std::move(runs)), outbox_(outbox), max_schedules_(max_schedules) {}

  // From the store: first the schedules, then their runs that have not ended.
  void Restore(const std::vector<ScheduleRecord>& records);
  void RestoreRun(const JobId& job, const JobSpec& spec);
  std::vector<ScheduleRecord> records() const;

  // The time of the turn, before anything else in it.
  void SetTime(absl::Time wall) { wall_ = wall; }
  // How long it can do without TakeTicks(); infinite without a schedule.
  absl::Duration Sleep() const { return schedules_.Sleep(wall_); }
  void TakeTicks();
  AnswerSchedule Carry(const ScheduleRequested& event);
  // What a run by hand is made of. NOT_FOUND.
  absl::StatusOr<JobSpec> SpecOf(const ScheduleName& name);

  // Until Resume() no run begins, and each nominal time that is due is missed, for this reason.
  void Stop(std::string why) { why_stopped_ = std::move(why); }
  void Resume() { why_stopped_.clear(); }

  // Of every run; those of no schedule are ignored.
  void OnStarted(const JobId& job, const JobSpec& spec);
  void OnEnded(const JobId& job, const JobSpec& spec);

  // At the end of the turn.
  void WriteTouched();

 private:
  // scheduler.cc
  void Decide(Schedule& schedule, absl::Time nominal);
  void Start(Schedule& schedule, absl::Time nominal);
  void Skip(Schedule& schedule, absl::Time nominal, std::string reason);
  void Miss(Schedule& schedule, absl::Time nominal, std::string reason, std::uint64_t count);
  void Record(Schedule& schedule, TickRecord tick);
  // Nominal times that are not due before the jitter is over.
  void SkipPending(Schedule& schedule, const std::string& reason);
  void SkipWaiting(Schedule& schedule, const std::string& reason);

  // schedule_requests.cc
  AnswerSchedule On(const ApplySchedule& request);
  AnswerSchedule On(const PauseSchedule& request);
  AnswerSchedule On(const ResumeSchedule& request);
  AnswerSchedule On(const DeleteSchedule& request);
  AnswerSchedule Change(const ScheduleName& name, const std::function<void(Schedule&)>& change);
  absl::Status CheckApply(const ApplySchedule& request, const Schedule* known) const;
  ScheduleRecord Applied(const ApplySchedule& request, Schedule* known);

  Runs runs_;
  Outbox& outbox_;
  const std::uint32_t max_schedules_;
  absl::Time wall_;
  std::string why_stopped_;  // empty: it is not
  Schedules schedules_;
};

}  // namespace wsfleet::fleet
