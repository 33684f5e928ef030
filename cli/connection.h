#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/config/endpoint.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "wsfleet/v1/fleet.grpc.pb.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::cli {

inline constexpr absl::Duration kConnectLimit = absl::Seconds(10);

// A channel to a coordinator with its stubs. Thread-safe.
class CoordinatorClient {
 public:
  // Reads the files of the endpoint. FAILED_PRECONDITION, NOT_FOUND: one of them cannot be read.
  static absl::StatusOr<std::unique_ptr<CoordinatorClient>> Open(const Endpoint& endpoint);

  // Asks the coordinator for its version until it answers, for at most kConnectLimit; `on_waiting` is called once, with
  // the reason, if it does not answer at first. UNAVAILABLE: with the address, what was found and what to check. Other
  // errors are the coordinator's answer, such as UNAUTHENTICATED.
  absl::StatusOr<v1::VersionReply> Connect(const std::function<void(const std::string& why)>& on_waiting);

  // Waits for a connection, making one if there is none; false after `limit`.
  bool AwaitConnection(absl::Duration limit);

  v1::Jobs::Stub& jobs() { return *jobs_; }
  v1::Fleets::Stub& fleets() { return *fleets_; }
  const std::string& fleet() const { return endpoint_.fleet; }
  const Endpoint& endpoint() const { return endpoint_; }

  // Puts the token into a call, and a limit on how long it may take.
  void Prepare(grpc::ClientContext& context, absl::Duration limit) const;
  // Without a limit, for a stream that is followed.
  void Prepare(grpc::ClientContext& context) const;

 private:
  CoordinatorClient(Endpoint endpoint, const std::string& ca_pem, std::string token);

  absl::Status Unreachable(const std::string& found) const;

  Endpoint endpoint_;
  std::string token_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Jobs::Stub> jobs_;
  std::unique_ptr<v1::Fleets::Stub> fleets_;
};

// A client of an endpoint that answers; says on stderr what it waits for.
absl::StatusOr<std::unique_ptr<CoordinatorClient>> ConnectTo(const Endpoint& endpoint, bool quiet);

}  // namespace wsfleet::cli
