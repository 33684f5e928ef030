#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "coordinator/store/store.h"
#include "core/base/now.h"

namespace wsfleet::coordinator {

// Which fleets this process runs: on a thread of its own it claims fleets that nobody has, extends what it has, and
// gives some back where it has more than its share of them and another replica, which is there to stay, has too few.
// Several coordinators on one database spread their fleets that way, and take over those of one that is gone, within
// term + interval.
class OwnershipKeeper {
 public:
  struct Settings {
    std::string replica;  // random: a process that starts again is another one
    store::OwnerStore::Addresses addresses;
    absl::Duration term = absl::Seconds(8);
    absl::Duration interval = absl::Seconds(1);
  };
  // Called on its thread, or on that of Begin().
  struct Handlers {
    std::function<void(const FleetName& fleet)> on_fleet;  // the first time that it is seen
    // At each extension too. `until`: ours for so long at least; counted from before it was asked for.
    std::function<void(const store::Ownership&, SteadyTime until)> on_owned;
    // At each round, of a fleet that is not ours.
    std::function<void(const FleetName&, const store::OwnerStore::Owner&)> on_other;
    // When the store cannot be asked (any more), and, with OK, when it can again.
    std::function<void(const absl::Status&)> on_trouble;
  };

  OwnershipKeeper(store::OwnerStore& store, Settings settings, Handlers handlers);
  // As Stop().
  ~OwnershipKeeper();

  // The first round, then the thread begins. Errors of the store end it.
  absl::Status Begin();

  // Ends the thread. What it has is released by Release(), once nothing is written any more; then it has left.
  void Stop();
  void Release();

 private:
  void Main();
  absl::Status Round();
  absl::Status Visit(const store::OwnerStore::KnownFleet& fleet);
  absl::Status Claim(const FleetName& fleet);
  // The first time that it is seen.
  void Meet(const FleetName& fleet);
  // `before`: when the store was asked.
  void NoteOwned(const store::Ownership& ownership, absl::Duration left, SteadyTime before);
  void GiveSomeBack(const store::OwnerStore::SurveyResult& survey);

  store::OwnerStore& store_;
  const Settings settings_;
  const Handlers handlers_;
  std::map<FleetName, std::uint64_t> owned_;  // with their epochs
  std::map<FleetName, int> seen_free_;        // for so many rounds
  std::set<FleetName> given_;                 // to others, of whom none has taken it yet
  std::size_t fair_share_ = 1;
  bool yields_ = false;  // others are here, and we are new: they go before us
  SteadyTime keeps_until_{};
  std::map<FleetName, bool> known_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wsfleet::coordinator
