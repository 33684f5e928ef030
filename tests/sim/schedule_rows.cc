#include "tests/sim/schedule_rows.h"

#include <algorithm>

#include "absl/time/time.h"
#include "core/schedule/timing.h"
#include "fmt/format.h"

namespace wsfleet::sim {
namespace {

std::uint64_t Decided(const ScheduleRecord& schedule) {
  return schedule.started + schedule.skipped + schedule.missed + schedule.refused + (schedule.waiting ? 1 : 0);
}

std::string Text(absl::Time time) { return absl::FormatTime(time, absl::UTCTimeZone()); }

}  // namespace

void ScheduleRows::Write(const WriteBatch& batch, const Jobs& jobs, std::vector<std::string>& wrong) {
  for (const TickRecord& tick : batch.ticks) WriteTick(tick, jobs, wrong);
  for (const ScheduleRecord& schedule : batch.schedules) {
    const auto known = schedules_.find(schedule.spec.name);
    if (known != schedules_.end()) CheckNothingIsLost(known->second, schedule, wrong);
    schedules_[schedule.spec.name] = schedule;
    CheckCounts(schedule, wrong);
  }
  for (const ScheduleName& name : batch.removed_schedules) {
    if (schedules_.erase(name) == 0) wrong.push_back(fmt::format("schedule {} is removed twice", name.value()));
    std::erase_if(ticks_, [&](const auto& row) { return row.first.first == name; });
  }
  for (const auto& [key, tick] : ticks_) {
    if (!schedules_.contains(key.first)) {
      wrong.push_back(fmt::format("a tick of {}, which is removed", key.first.value()));
      break;
    }
  }
}

void ScheduleRows::WriteTick(const TickRecord& tick, const Jobs& jobs, std::vector<std::string>& wrong) {
  const std::string name = fmt::format("tick {} of {}", Text(tick.nominal), tick.schedule.value());
  const auto known = ticks_.find({tick.schedule, tick.nominal});
  if (known != ticks_.end() && known->second.outcome != TickOutcome::kWaiting) {
    wrong.push_back(fmt::format("I2: {} was {} and is {}", name, TickOutcomeName(known->second.outcome),
                                TickOutcomeName(tick.outcome)));
  }
  if (tick.outcome == TickOutcome::kStarted) {
    const auto job = jobs.find(tick.job);
    if (job == jobs.end() || job->second.spec.schedule != tick.schedule || job->second.spec.tick != tick.nominal) {
      wrong.push_back(fmt::format("I1: {} has no run in its commit", name));
    }
    if (!made_.emplace(tick.job, tick.nominal).second) wrong.push_back(fmt::format("{} has another's run", name));
  } else if (!tick.job.empty() || tick.reason.empty()) {
    wrong.push_back(fmt::format("I8: {} is {} without a reason", name, TickOutcomeName(tick.outcome)));
  }
  totals_[tick.outcome] += tick.count;
  ticks_[{tick.schedule, tick.nominal}] = tick;
}

void ScheduleRows::CheckNothingIsLost(const ScheduleRecord& before, const ScheduleRecord& after,
                                      std::vector<std::string>& wrong) {
  const std::string& name = after.spec.name.value();
  if (after.settled < before.settled || after.version < before.version) {
    wrong.push_back(fmt::format("schedule {} went back", name));
  }
  // What it named until now is what it was before this turn.
  const std::uint64_t named =
      before.paused ? 0 : TickRule::Of(before.spec.timing).value().Count(before.settled, after.settled);
  if (Decided(after) - Decided(before) == named) return;
  wrong.push_back(fmt::format("I8: schedule {} names {} times from {} to {}, and {} were decided on", name, named,
                              Text(before.settled), Text(after.settled), Decided(after) - Decided(before)));
}

void ScheduleRows::CheckCounts(const ScheduleRecord& schedule, std::vector<std::string>& wrong) const {
  std::map<TickOutcome, std::uint64_t> rows;
  std::optional<absl::Time> waiting;
  for (const auto& [key, tick] : ticks_) {
    if (key.first != schedule.spec.name) continue;
    rows[tick.outcome] += tick.count;
    if (tick.outcome == TickOutcome::kWaiting) waiting = tick.nominal;
  }
  if (rows[TickOutcome::kStarted] != schedule.started || rows[TickOutcome::kSkipped] != schedule.skipped ||
      rows[TickOutcome::kMissed] != schedule.missed || rows[TickOutcome::kRefused] != schedule.refused ||
      rows[TickOutcome::kWaiting] > 1 || waiting != schedule.waiting) {
    wrong.push_back(fmt::format("I8: {} does not count what its rows are", Describe(schedule)));
  }
}

std::uint64_t ScheduleRows::Total(TickOutcome outcome) const {
  const auto found = totals_.find(outcome);
  return found == totals_.end() ? 0 : found->second;
}

std::string Describe(const ScheduleRecord& schedule) {
  return fmt::format(
      "schedule {} v{} {} paused={}:{} settled={} waiting={} last={} started={} skipped={} missed={} refused={}",
      schedule.spec.name.value(), schedule.version, TimingText(schedule.spec.timing), schedule.paused,
      schedule.pause_reason, Text(schedule.settled), schedule.waiting ? Text(*schedule.waiting) : "-",
      schedule.last_job.value(), schedule.started, schedule.skipped, schedule.missed, schedule.refused);
}

}  // namespace wsfleet::sim
