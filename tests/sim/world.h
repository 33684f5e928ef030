#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/dice.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/network.h"
#include "tests/sim/shell.h"
#include "tests/sim/virtual_agent.h"
#include "tests/sim/virtual_client.h"
#include "tests/sim/virtual_operator.h"

namespace wsfleet::sim {

// One run of the simulation: a fleet of three regions, some clients, and faults for a while; then peace, in which every
// accepted job must end. Everything follows from the seed.
class World {
 public:
  explicit World(std::uint64_t seed);

  // The complaints, empty if every invariant held after every step.
  std::vector<std::string> Run();

  std::uint64_t steps() const { return steps_; }
  const MemoryStore& store() const { return shell_.store(); }
  std::uint64_t quarantines() const { return shell_.quarantines(); }
  std::uint64_t refusals() const { return shell_.refusals(); }

 private:
  void AddAgents();
  void AddClients();
  JobSpec RandomSpec(std::uint64_t number);
  void ScheduleFault();
  void Fault();
  void MakePeace();
  bool IsSettled() const;
  void CheckStep();
  VirtualAgent& AnyAgent() { return *agents_[dice_.Between(0, agents_.size() - 1)]; }
  void Boot(VirtualAgent& agent);
  VirtualAgent* AddTwin();
  void BeginRivalry();
  void ConnectTwin();
  void DrainSome();
  void SetStopped(bool stopped);
  void Resume();
  void RemoveEnded();
  void ReserveElsewhere();

  Dice dice_;
  Dice check_dice_;  // of its own: what is checked does not change what happens
  EventQueue queue_;
  Network network_;
  Shell shell_;
  std::vector<std::unique_ptr<VirtualAgent>> agents_;
  std::set<const VirtualAgent*> gone_;
  std::vector<std::unique_ptr<VirtualAgent>> twins_;  // further processes of the same names
  std::vector<std::unique_ptr<VirtualClient>> clients_;
  VirtualOperator operator_;
  SteadyTime overlap_until_;
  absl::Duration keep_;  // runs that have ended
  std::uint64_t drain_wishes_ = 0;
  std::uint64_t stop_wishes_ = 0;
  bool faulty_ = true;
  std::uint64_t steps_ = 0;
};

}  // namespace wsfleet::sim
