#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/access/audit_log.h"
#include "coordinator/access/token_registry.h"
#include "coordinator/bundles.h"
#include "coordinator/fleet_secrets.h"
#include "coordinator/fleets.h"
#include "coordinator/rpc/slots.h"
#include "coordinator/secret_box.h"
#include "coordinator/store/store.h"
#include "coordinator/worker_pool.h"

namespace wsfleet::coordinator {

// What the services work with. Outlives every call.
struct Backend {
  Fleets& fleets;
  store::JobReader& jobs;
  store::ScheduleReader& schedules;
  store::PolicyReader& policies;
  Bundles& bundles;
  store::OwnerStore& owners;
  WorkerPool& readers;    // of the store
  WorkerPool& resolvers;  // of bundles that are submitted
  const SecretBox& secrets;
  const FleetSecrets& fleet_secrets;
  TokenRegistry& tokens;
  AuditLog& audit;
  store::TokenStore& token_store;
  store::AuditStore& audit_store;
  // How long a peer may keep us waiting: for a message to be read, for the next part of a submit.
  absl::Duration peer_limit = absl::Seconds(20);

  // Each of these holds up to megabytes while it lasts.
  Slots submits{16, 1024};
  Slots listings{64, 1024};
  Slots fetches{256, 1 << 16};  // by agents: all of a fleet may want a bundle at once

  // Blocks, as every call of a store.
  absl::StatusOr<PolicyRecord> PolicyOf(const FleetName& fleet) const {
    auto stored = policies.GetPolicy(fleet);
    if (!stored.ok()) return stored.status();
    return *stored ? **std::move(stored) : PolicyRecord{fleets.default_policy()};
  }

  void CloseSlots() {
    for (Slots* slots : {&submits, &listings, &fetches}) slots->Close();
  }
};

}  // namespace wsfleet::coordinator
