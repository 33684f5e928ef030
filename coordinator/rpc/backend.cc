#include "coordinator/rpc/backend.h"

#include "fmt/format.h"

namespace wsfleet::coordinator {

grpc::Status CheckFleet(const Backend& backend, const std::string& fleet) {
  if (fleet.empty() || fleet == backend.host.name().value()) return grpc::Status::OK;
  return {grpc::StatusCode::NOT_FOUND,
          fmt::format("this coordinator serves fleet \"{}\", not \"{}\"", backend.host.name().value(), fleet)};
}

}  // namespace wsfleet::coordinator
