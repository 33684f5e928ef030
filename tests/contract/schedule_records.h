#pragma once

#include <string>

#include "tests/contract/records.h"

namespace wsfleet::testing {

inline ScheduleRecord ASchedule(const std::string& name) {
  ScheduleRecord schedule;
  ScheduleSpec& spec = schedule.spec;
  spec.name = ScheduleName(name);
  spec.description = "each night";
  spec.timing = {"0 3 * * *", "Europe/Berlin", absl::ZeroDuration(), absl::Minutes(5), absl::Milliseconds(1234)};
  spec.overlap = OverlapPolicy::kBufferOne;
  spec.catch_up = absl::Minutes(7);
  spec.job = AJob("unused").spec;
  schedule.version = 3;
  schedule.created = At(1);
  schedule.changed = At(2);
  schedule.paused = true;
  schedule.pause_reason = "release";
  schedule.settled = At(4);
  schedule.waiting = At(3);
  schedule.last_job = JobId("r-1");
  schedule.started = 11;
  schedule.skipped = 12;
  schedule.missed = 13;
  schedule.refused = 14;
  return schedule;
}

inline TickRecord ATick(const std::string& schedule, std::int64_t milliseconds, TickOutcome outcome) {
  TickRecord tick;
  tick.schedule = ScheduleName(schedule);
  tick.nominal = At(milliseconds);
  tick.count = 2;
  tick.decided = At(milliseconds + 1);
  tick.outcome = outcome;
  tick.job = JobId(outcome == TickOutcome::kStarted ? "r-1" : "");
  tick.reason = outcome == TickOutcome::kStarted ? "" : "run r-0 had not ended";
  return tick;
}

}  // namespace wsfleet::testing
