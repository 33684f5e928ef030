#pragma once

#include "absl/status/status.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet_secrets.h"
#include "core/base/ids.h"
#include "monitoring/metrics.h"

namespace wsfleet::coordinator {

struct FleetHostSettings {
  FleetName name;
  fleet::FleetSettings fleet;
  monitoring::Metrics* metrics = nullptr;  // where it counts; null: nowhere. Outlives the host.
  FleetSecrets* secrets = nullptr;  // that the operator keeps for runs; null: none. Stopped before the host goes.
};

// How a fleet stands in this process.
struct FleetStanding {
  bool ours = false;
  absl::Status status;  // why nobody can be served: of ours, that it is not loaded; of others, that the store is away
  fleet::Census census{};  // empty unless it is ours and loaded
};

}  // namespace wsfleet::coordinator
