#pragma once

#include <memory>
#include <string>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "wsfleet/v1/fleet.grpc.pb.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::cli {

// Where the coordinator is and how to prove oneself to it: flags, then WSFLEET_*.
struct Endpoint {
  std::string address;  // empty: none is configured
  std::string ca_file;
  std::string token_file;
  std::string fleet = "default";
};
Endpoint EndpointFromEnvironment();

// A channel with its stubs; thread-safe.
class CoordinatorClient {
 public:
  explicit CoordinatorClient(Endpoint endpoint);

  v1::Jobs::Stub& jobs() { return *jobs_; }
  v1::Fleets::Stub& fleets() { return *fleets_; }
  const Endpoint& endpoint() const { return endpoint_; }
  void Authorize(grpc::ClientContext& context) const;
  // Waits until the coordinator answers; false after ten seconds.
  bool WaitForConnection();
  // What to print when it cannot be reached: address, what was found, what to check.
  std::string Unreachable(const std::string& found) const;

 private:
  Endpoint endpoint_;
  std::string token_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Jobs::Stub> jobs_;
  std::unique_ptr<v1::Fleets::Stub> fleets_;
};

}  // namespace wsfleet::cli
