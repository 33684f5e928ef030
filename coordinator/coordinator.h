#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "coordinator/coordinator_options.h"
#include "coordinator/identity/identities.h"
#include "coordinator/listener.h"
#include "coordinator/ownership.h"
#include "coordinator/rpc/access_service.h"
#include "coordinator/rpc/agent_gate.h"
#include "coordinator/rpc/agent_service.h"
#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/enrolment_service.h"
#include "coordinator/rpc/fleets_service.h"
#include "coordinator/rpc/identities_service.h"
#include "coordinator/rpc/jobs_service.h"
#include "coordinator/rpc/schedules_service.h"
#include "coordinator/store/store.h"
#include "coordinator/wall_clock.h"

namespace wsfleet::coordinator {

// The whole coordinator: one thread that decides, one for each fleet's commits, one that keeps what is owned, some
// that read and some that resolve bundles, gRPC's own, and two listeners.
class Coordinator {
 public:
  // Returns when both listeners serve and the fleets that it owns are loaded. `store`: the one that the options name.
  // FAILED_PRECONDITION, DATA_LOSS, …: why it cannot.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Start(const CoordinatorOptions& options,
                                                            std::unique_ptr<store::Store> store);
  // As Stop().
  ~Coordinator();

  // Ends streams and calls, finishes what is being committed, and closes the store. Blocks for seconds at most.
  void Stop();

  // As Fleets::Report(): posts, and returns at once. Not after Stop().
  void Report(std::function<void(std::vector<std::string>)> answer) { fleets_.Report(std::move(answer)); }

  std::string secrets_fingerprint() const { return secrets_.fingerprint(); }
  const std::string& agent_address() const { return agent_listener_->address(); }
  const std::string& client_address() const { return client_listener_->address(); }
  // Empty: there is no such listener.
  std::string enrol_address() const { return enrol_listener_ ? enrol_listener_->address() : std::string(); }

 private:
  Coordinator(const CoordinatorOptions& options, std::unique_ptr<store::Store> store, SecretBox secrets,
              std::unique_ptr<Issuers> issuers, std::string token, IdentitySettings identities);

  absl::Status Own(const CoordinatorOptions& options);
  absl::Status Listen(const CoordinatorOptions& options);
  absl::Status ListenForAgents(const CoordinatorOptions& options);

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<store::Store> store_;
  Bundles bundles_;
  SecretBox secrets_;
  FleetSecrets fleet_secrets_;
  std::unique_ptr<Issuers> issuers_;  // null: their tokens are not taken
  TokenRegistry tokens_;
  AuditLog audit_;
  WorkerPool readers_;
  WorkerPool resolvers_;
  Fleets fleets_;
  OwnershipKeeper ownership_;
  Identities identities_;
  AgentGate gate_;
  Backend backend_;
  AgentService agent_service_;
  JobsService jobs_service_;
  FleetsService fleets_service_;
  SchedulesService schedules_service_;
  TokensService tokens_service_;
  AuditService audit_service_;
  EnrolmentService enrolment_service_;
  RenewalService renewal_service_;
  IdentitiesService identities_service_;
  std::unique_ptr<Listener> agent_listener_;
  std::unique_ptr<Listener> client_listener_;
  std::unique_ptr<Listener> enrol_listener_;
  ClockWatch clock_watch_;
  std::thread thread_;  // runs context_
  bool stopped_ = false;
};

}  // namespace wsfleet::coordinator
