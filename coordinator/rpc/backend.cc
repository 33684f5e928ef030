#include "coordinator/rpc/backend.h"

#include "proto/wire/convert.h"

namespace wsfleet::coordinator {

absl::StatusOr<FleetHost*> Admit(const Backend& backend, const grpc::CallbackServerContext& context,
                                 const std::string& fleet) {
  const grpc::Status status = backend.token.Check(context);
  if (!status.ok()) return wire::FromGrpc(status);
  return backend.fleets.Find(fleet);
}

}  // namespace wsfleet::coordinator
