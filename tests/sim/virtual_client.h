#pragma once

#include <cstdint>
#include <optional>

#include "tests/sim/dice.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/referee.h"
#include "tests/sim/shell.h"

namespace wsfleet::sim {

// A person or a pipeline: submits one run under a key, again and again until it is answered, watches it, and sometimes
// cancels it or walks away.
class VirtualClient {
 public:
  VirtualClient(EventQueue& queue, Dice& dice, Shell& shell, std::uint64_t number, JobSpec spec)
      : queue_(queue), dice_(dice), shell_(shell), number_(number), spec_(std::move(spec)) {}

  void Submit();
  // It was answered: accepted, or refused for good.
  bool is_answered() const { return answered_; }

 private:
  bool IsLost() { return dice_.Chance(5); }
  void OnAnswer(const fleet::AnswerSubmit* answer);
  void Watch();
  void Cancel();

  EventQueue& queue_;
  Dice& dice_;
  Shell& shell_;
  std::uint64_t number_;
  JobSpec spec_;
  std::uint64_t tries_ = 0;
  bool answered_ = false;
  bool walked_away_ = false;
  bool cancelled_ = false;
  std::optional<JobId> job_;
};

}  // namespace wsfleet::sim
