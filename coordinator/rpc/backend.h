#pragma once

#include "coordinator/fleet_host.h"
#include "coordinator/reader_pool.h"
#include "coordinator/rpc/client_token.h"
#include "coordinator/rpc/slots.h"
#include "coordinator/secret_box.h"
#include "coordinator/store/store.h"

namespace wsfleet::coordinator {

// What the services work with. Outlives every call.
struct Backend {
  FleetHost& host;
  store::JobReader& jobs;
  store::BundleStore& bundles;
  ReaderPool& readers;
  const SecretBox& secrets;
  ClientToken token;

  // Each of these holds megabytes while it lasts.
  Slots submits{16};
  Slots listings{64};
};

// NOT_FOUND if a request names another fleet than the one served here. An empty name means that one.
grpc::Status CheckFleet(const Backend& backend, const std::string& fleet);

}  // namespace wsfleet::coordinator
