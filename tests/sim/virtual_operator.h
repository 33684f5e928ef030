#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <variant>

#include "tests/sim/dice.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/shell.h"

namespace wsfleet::sim {

// Whoever keeps the schedules: applies some, changes, pauses, resumes, triggers and deletes them, one wish after the
// other, each again and again until it is answered. In the end it pauses all of them.
class VirtualOperator {
 public:
  VirtualOperator(EventQueue& queue, Dice& dice, Shell& shell) : queue_(queue), dice_(dice), shell_(shell) {}

  void Start() { Plan(); }
  void Stop() { stopping_ = true; }
  // Every schedule is paused, for good.
  bool is_done() const { return done_; }

 private:
  using Wish = std::variant<fleet::ApplySchedule, fleet::PauseSchedule, fleet::ResumeSchedule, fleet::DeleteSchedule,
                            fleet::TriggerRequested>;

  bool IsLost() { return dice_.Chance(5); }
  void Plan();
  Wish Choose();
  ScheduleSpec RandomSpec(const ScheduleName& name);
  void Send();
  void OnAnswer(std::uint64_t number, const absl::Status& status);

  EventQueue& queue_;
  Dice& dice_;
  Shell& shell_;
  Wish wish_;
  std::uint64_t number_ = 0;  // of the wish
  std::uint64_t tries_ = 0;
  std::set<ScheduleName> paused_;  // since it stops
  bool stopping_ = false;
  bool done_ = false;
};

}  // namespace wsfleet::sim
