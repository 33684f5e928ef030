#pragma once

#include <mutex>

#include "absl/time/time.h"
#include "coordinator/retention_settings.h"
#include "coordinator/store/store.h"
#include "coordinator/store_thread.h"
#include "core/base/now.h"

namespace wsfleet::coordinator {

// Removes the runs and bundles of one fleet that are not kept any more: about once a minute, in steps, each of which is
// a task of the store's thread at the end of its queue. So what the machine commits waits for one step at most. How
// often it is looked, and how many steps are taken at a time, bounds the share of the disk that this takes.
class Retention {
 public:
  static constexpr int kStepsInVisit = 100;

  // `store` outlives it.
  Retention(FleetName fleet, store::RetentionStore& store, RetentionSettings settings);
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  // Goes on with it if it is time. Called often, while the fleet is ours; from any thread. The thread's tasks refer to
  // this object.
  void Visit(const store::Ownership& ownership, StoreThread& thread);

 private:
  struct Visiting {
    store::Ownership ownership;
    int steps_left = 0;
  };

  void PostStep(const Visiting& visiting, StoreThread& thread);
  // On the store's thread.
  void TakeStep(Visiting visiting, StoreThread& thread);
  void End(absl::Duration pause);
  store::RetentionStore::Rule CurrentRule() const;

  const FleetName fleet_;
  store::RetentionStore& store_;
  const RetentionSettings settings_;
  std::mutex mutex_;
  bool visiting_ = false;
  SteadyTime next_visit_;
  // Of whoever visits.
  std::uint32_t runs_ = 0, bundles_ = 0;  // removed since it was said last
  bool failing_ = false;
};

}  // namespace wsfleet::coordinator
