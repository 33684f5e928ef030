#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/fleet/fleet.h"

namespace wsfleet::coordinator {

// What is known of a fleet beyond its store when its machine was discarded and is loaded again, so that nothing goes on
// for ever: how long leases have been kept alive by loading them, and of which runs the store refuses something for
// good. Runs on the fleet strand.
class Recollection {
 public:
  void Keep(const fleet::Fleet& discarded) { leases_ = discarded.KnownLeases(); }
  // A commit has failed now: whether that is not the first of its trouble.
  bool IsSameTrouble(SteadyTime now);
  void NoteRefusal(const JobId& job, std::string why);
  // DATA_LOSS, and why: it was set aside, and nothing comes of what is asked of it.
  absl::Status CheckNotAside(const JobId& job) const;
  // Another may have run the fleet meanwhile.
  void Forget();

  const fleet::LeaseMemory& leases() const { return leases_; }
  // What the machine that this snapshot is for is to be told. A run whose end was refused, too, is taken out of the
  // snapshot: nobody works on it any more, and its rows stay as they are.
  std::vector<fleet::StoreRefused> Recall(FleetSnapshot& snapshot);

 private:
  struct Refusal {
    std::string why;
    int times = 1;
  };

  SteadyTime last_failure_;
  fleet::LeaseMemory leases_;
  std::map<JobId, Refusal> refusals_;  // of runs that have not ended
};

}  // namespace wsfleet::coordinator
