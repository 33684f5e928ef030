#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/config/endpoint.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "wsfleet/v1/access.grpc.pb.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"
#include "wsfleet/v1/fleet.grpc.pb.h"
#include "wsfleet/v1/job.grpc.pb.h"
#include "wsfleet/v1/schedule.grpc.pb.h"

namespace wsfleet::cli {

inline constexpr absl::Duration kConnectLimit = absl::Seconds(10);
// For a call that is answered at once.
inline constexpr absl::Duration kCallLimit = absl::Seconds(30);

// The coordinators of an endpoint: the addresses that were configured, and those that one of them names as the fleet's
// owner. Thread-safe.
class CoordinatorClient {
 public:
  // So long a call is tried again that no coordinator takes: a takeover may last ten seconds.
  static constexpr absl::Duration kRetryLimit = absl::Seconds(15);

  // Reads the files of the endpoint. FAILED_PRECONDITION, NOT_FOUND, INVALID_ARGUMENT: one of them cannot be read, or
  // has no certificate; with who named it.
  static absl::StatusOr<std::unique_ptr<CoordinatorClient>> Open(const Endpoint& endpoint);

  // Asks for a coordinator's version until one answers, for at most kConnectLimit; `on_waiting` is called once, with
  // the reason, if none does at first. UNAVAILABLE: with the addresses, what was found and what to check; at once if no
  // address can heal, such as for a certificate of another authority, or a server that is no coordinator's client
  // listener. Other errors are the coordinator's answer, such as UNAUTHENTICATED.
  absl::StatusOr<v1::VersionReply> Connect(const std::function<void(const std::string& why)>& on_waiting);

  // Waits for a connection, making one if there is none; false after `limit`.
  bool AwaitConnection(absl::Duration limit);

  enum class Repetition {
    kAlways,      // the call changes nothing, or the same twice is the same as once
    kIfNotTaken,  // only where it is certain that no coordinator took it
  };
  // Makes a call, again and elsewhere if it was UNAVAILABLE. Each try has `limit`.
  absl::Status Call(absl::Duration limit, const std::function<grpc::Status(grpc::ClientContext&)>& call,
                    Repetition repetition = Repetition::kAlways);

  // After a call that was UNAVAILABLE: the next one goes where this error points, or to the next address.
  void Reroute(const absl::Status& status);

  // Of the coordinator that is asked at the moment. They stay valid.
  v1::Jobs::Stub& jobs() { return *Current().jobs; }
  v1::Fleets::Stub& fleets() { return *Current().fleets; }
  v1::Schedules::Stub& schedules() { return *Current().schedules; }
  v1::AgentIdentities::Stub& identities() { return *Current().identities; }
  v1::Tokens::Stub& tokens() { return *Current().tokens; }
  v1::Audit::Stub& audit() { return *Current().audit; }
  const std::string& fleet() const { return endpoint_.fleet; }
  const Endpoint& endpoint() const { return endpoint_; }

  // Puts the token into a call, and a limit on how long it may take.
  void Prepare(grpc::ClientContext& context, absl::Duration limit) const;
  // Without a limit, for a stream that is followed.
  void Prepare(grpc::ClientContext& context) const;

 private:
  struct Peer {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::Jobs::Stub> jobs;
    std::unique_ptr<v1::Fleets::Stub> fleets;
    std::unique_ptr<v1::Schedules::Stub> schedules;
    std::unique_ptr<v1::AgentIdentities::Stub> identities;
    std::unique_ptr<v1::Tokens::Stub> tokens;
    std::unique_ptr<v1::Audit::Stub> audit;
  };

  CoordinatorClient(Endpoint endpoint, std::string ca_pem, std::string token);

  Peer& Current();
  // Until the connection comes or goes, or for `limit`.
  void AwaitChange(absl::Duration limit);
  absl::Status Unreachable(const absl::Status& status) const;

  const Endpoint endpoint_;
  const std::vector<std::string> addresses_;
  const std::string ca_pem_;
  const std::string token_;
  std::mutex mutex_;
  std::map<std::string, Peer> peers_;  // by address; never removed
  std::string address_;
  std::size_t next_ = 0;
  std::uint64_t epoch_ = 0;  // of the redirect that was followed last
};

// A client of an endpoint that answers; says on stderr what it waits for.
absl::StatusOr<std::unique_ptr<CoordinatorClient>> ConnectTo(const Endpoint& endpoint, bool quiet);

}  // namespace wsfleet::cli
