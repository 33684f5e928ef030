#pragma once

#include "coordinator/fleets.h"
#include "coordinator/reader_pool.h"
#include "coordinator/rpc/client_token.h"
#include "coordinator/rpc/slots.h"
#include "coordinator/secret_box.h"
#include "coordinator/store/store.h"

namespace wsfleet::coordinator {

// What the services work with. Outlives every call.
struct Backend {
  Fleets& fleets;
  store::JobReader& jobs;
  store::ScheduleReader& schedules;
  store::BundleStore& bundles;
  ReaderPool& readers;
  const SecretBox& secrets;
  ClientToken token;

  // Each of these holds megabytes while it lasts.
  Slots submits{16};
  Slots listings{64};
};

// The fleet that a client's request names. UNAUTHENTICATED: without the client's token. NOT_FOUND: no such fleet.
absl::StatusOr<FleetHost*> Admit(const Backend& backend, const grpc::CallbackServerContext& context,
                                 const std::string& fleet);

}  // namespace wsfleet::coordinator
