#include "tests/sim/virtual_operator.h"

#include <array>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::sim {
namespace {

const std::array<ScheduleName, 3> kNames{ScheduleName("gate"), ScheduleName("events"), ScheduleName("nightly")};

}  // namespace

void VirtualOperator::Plan() {
  if (stopping_ && paused_.size() == kNames.size()) {
    done_ = true;
    return;
  }
  queue_.After(dice_.Between(absl::Milliseconds(100), absl::Seconds(8)), [this] {
    wish_ = Choose();
    ++number_;
    Send();
  });
}

VirtualOperator::Wish VirtualOperator::Choose() {
  if (stopping_) {
    for (const ScheduleName& name : kNames) {
      if (!paused_.contains(name)) return fleet::PauseSchedule{name, "the end"};
    }
  }
  const ScheduleName& name = kNames[dice_.Between(0, kNames.size() - 1)];
  switch (dice_.Between(1, 10)) {
    case 1:
      return fleet::PauseSchedule{name, "for a while"};
    case 2:
    case 3:
      return fleet::ResumeSchedule{name};
    case 4:
      return fleet::DeleteSchedule{name};
    case 5:
      return fleet::TriggerRequested{{}, {}, name, RunKey(fmt::format("by-hand-{}", number_))};
    default:
      return fleet::ApplySchedule{RandomSpec(name), std::nullopt, false};
  }
}

ScheduleSpec VirtualOperator::RandomSpec(const ScheduleName& name) {
  ScheduleSpec spec;
  spec.name = name;
  if (dice_.Chance(70)) {
    spec.timing.every = absl::Seconds(dice_.Between(3, 20));
    spec.timing.jitter = dice_.Chance(50) ? spec.timing.every : absl::ZeroDuration();
  } else {
    spec.timing.cron = dice_.Chance(50) ? "* * * * *" : "*/2 22,23 * * *";
    spec.timing.jitter = absl::Seconds(dice_.Between(0, 40));
  }
  spec.timing.offset = dice_.Between(absl::ZeroDuration(), spec.timing.jitter);
  spec.overlap = static_cast<OverlapPolicy>(dice_.Between(0, 3));
  spec.catch_up = dice_.Between(absl::Seconds(10), absl::Seconds(40));
  spec.job.schedule = name;
  spec.job.bundle = BundleDigest("one");
  spec.job.from = {dice_.Chance(50) ? "eu-west-1" : "us-*"};
  spec.job.agents_wait = dice_.Between(absl::Seconds(2), absl::Seconds(10));
  spec.job.deadline = dice_.Between(absl::Seconds(5), absl::Seconds(20));
  spec.job.detached = true;
  spec.job.cases = {CaseId("suite/1")};
  return spec;
}

void VirtualOperator::Send() {
  const std::uint64_t attempt = ++tries_;
  // Nothing is known of a request without an answer: the same is sent again.
  queue_.After(absl::Seconds(4), [this, attempt] {
    if (attempt == tries_) Send();
  });
  if (IsLost()) return;
  const auto answered = [this, number = number_](const auto* answer) {
    if (answer != nullptr && !IsLost()) OnAnswer(number, answer->status);
  };
  if (const auto* trigger = std::get_if<fleet::TriggerRequested>(&wish_)) {
    return shell_.Trigger(trigger->schedule, trigger->key, answered);
  }
  std::visit(
      [&](const auto& what) {
        if constexpr (requires { fleet::ScheduleRequest(what); }) shell_.AskSchedule(what, answered);
      },
      wish_);
}

void VirtualOperator::OnAnswer(std::uint64_t number, const absl::Status& status) {
  if (number != number_) return;  // it came twice
  ++number_;
  ++tries_;
  const bool stopped = std::holds_alternative<fleet::TriggerRequested>(wish_) && absl::IsFailedPrecondition(status);
  if (!status.ok() && !absl::IsNotFound(status) && !stopped) {
    shell_.referee().Complain("a wish about a schedule is refused: " + status.ToString());
  }
  const auto* pause = std::get_if<fleet::PauseSchedule>(&wish_);
  if (stopping_ && pause != nullptr) paused_.insert(pause->schedule);
  Plan();
}

}  // namespace wsfleet::sim
