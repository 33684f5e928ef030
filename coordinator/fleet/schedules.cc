#include "coordinator/fleet/schedules.h"

#include <algorithm>
#include <deque>

namespace wsfleet::fleet {

Schedule* Schedules::Find(const ScheduleName& name) {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

Schedule& Schedules::Put(ScheduleRecord record) {
  Schedule& schedule = all_[record.spec.name];
  absl::StatusOr<TickRule> rule = TickRule::Of(record.spec.timing);
  schedule.rule.reset();
  if (rule.ok()) schedule.rule.emplace(*std::move(rule));
  schedule.record = std::move(record);
  if (auto left = left_.extract(schedule.record.spec.name)) schedule.open = std::move(left.mapped());
  Update(schedule);
  return schedule;
}

void Schedules::Remove(const ScheduleName& name) {
  by_time_.erase({due_[name], name});
  due_.erase(name);
  ready_.erase(name);
  touched_.erase(name);
  auto removed = all_.extract(name);
  if (removed && !removed.mapped().open.empty()) left_[name] = std::move(removed.mapped().open);
}

void Schedules::AddRun(const ScheduleName& name, const JobId& job) {
  Schedule* schedule = Find(name);
  if (schedule == nullptr) {
    left_[name].insert(job);
    return;
  }
  schedule->open.insert(job);
  Update(*schedule);
}

void Schedules::RemoveRun(const ScheduleName& name, const JobId& job) {
  if (Schedule* schedule = Find(name)) {
    schedule->open.erase(job);
    Update(*schedule);
  } else if (const auto left = left_.find(name); left != left_.end()) {
    left->second.erase(job);
    if (left->second.empty()) left_.erase(left);
  }
}

void Schedules::Update(Schedule& schedule) {
  const ScheduleRecord& record = schedule.record;
  const ScheduleName& name = record.spec.name;
  schedule.next = record.paused || !schedule.rule ? absl::InfiniteFuture() : schedule.rule->Next(record.settled);
  if (const auto known = due_.find(name); known != due_.end()) by_time_.erase({known->second, name});
  due_[name] = schedule.next + record.spec.timing.offset;
  by_time_.emplace(due_[name], name);
  if (record.waiting && schedule.open.empty()) {
    ready_.insert(name);
  } else {
    ready_.erase(name);
  }
}

std::vector<ScheduleName> Schedules::Due(absl::Time wall) const {
  std::vector<ScheduleName> due(ready_.begin(), ready_.end());
  for (const auto& [time, name] : by_time_) {
    if (time > wall) break;
    if (!ready_.contains(name)) due.push_back(name);
  }
  return due;
}

absl::Duration Schedules::Sleep(absl::Time wall) const {
  if (!ready_.empty()) return absl::ZeroDuration();
  if (by_time_.empty() || by_time_.begin()->first == absl::InfiniteFuture()) return absl::InfiniteDuration();
  return std::clamp(by_time_.begin()->first - wall, absl::ZeroDuration(), kLongestSleep);
}

std::vector<ScheduleRecord> Schedules::TakeTouched() {
  std::vector<ScheduleRecord> records;
  for (const ScheduleName& name : std::exchange(touched_, {})) records.push_back(all_.at(name).record);
  return records;
}

LateTicks FindLate(const Schedule& schedule, absl::Time wall) {
  const ScheduleSpec& spec = schedule.record.spec;
  LateTicks late;
  if (!schedule.rule || schedule.record.paused) return late;
  const TickRule& rule = *schedule.rule;
  const absl::Time horizon = wall - spec.timing.offset;
  // A tick that is late by exactly the window is taken.
  const absl::Time before_window = horizon - spec.catch_up - absl::Nanoseconds(1);
  late.missed = rule.Count(schedule.record.settled, before_window);
  late.first_missed = schedule.next;
  std::deque<absl::Time> taken;
  for (absl::Time time = rule.Next(std::max(schedule.record.settled, before_window)); time <= horizon;
       time = rule.Next(time)) {
    taken.push_back(time);
    if (taken.size() <= Schedules::kMaxCaughtUp) continue;
    taken.pop_front();
    ++late.missed;
  }
  late.taken.assign(taken.begin(), taken.end());
  return late;
}

}  // namespace wsfleet::fleet
