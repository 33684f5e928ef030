#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
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

namespace wsfleet::coordinator {

struct CoordinatorOptions {
  std::string agent_listen = "127.0.0.1:7420";
  std::string client_listen = "127.0.0.1:7421";
  std::string enrol_listen;                         // where processes become agents; empty: nowhere
  std::string store = ":memory:";                   // or the path of a SQLite file, or postgres://…
  std::string replica;                              // of this process; empty: random
  std::string advertise_agents, advertise_clients;  // where others send whom this one's fleets are for; may be empty
  std::string state_directory;                      // of the secrets' key and of the own authority; empty: the store's
  std::string certificate, key, client_ca;          // of both listeners; client_ca: of the agents' certificates
  std::string development_ca;                       // directory of an ephemeral authority in place of the three
  bool own_ca = false;  // an authority of its own signs agents' certificates, and its own if none is given
  std::vector<std::string> server_names;  // in that one; empty: loopback, and the host's name
  absl::Duration agent_certificate_life = absl::Hours(24);
  absl::Duration tls_reload = absl::Seconds(10);  // how often the files of certificates are looked at
  bool unnamed_agents = false;                    // a certificate of client_ca is enough, whatever it names
  bool plaintext = false;                         // no TLS at all
  std::string client_token_file;
  std::shared_ptr<const SecretSources> secrets;  // that runs get without their submitters; null: none
  std::string oidc_file;                         // of issuers whose tokens are taken, too; empty: none
  FleetName fleet{"default"};
  absl::Duration lease_time = absl::Seconds(90);
  std::uint32_t max_attempts = 3;
  absl::Duration peer_limit = absl::Seconds(20);  // how long a client or an agent may keep its stream waiting
  std::optional<FleetPolicy> policy;              // of fleets that were given none; absent: by where the listeners are
  LogPermissions logs;
  RetentionSettings retention;
  monitoring::Metrics* metrics = nullptr;  // where it counts; null: nowhere. Outlives the coordinator.
  AuditLog::Settings audit;
};

// Of "host:port".
bool IsLoopback(std::string_view address);
bool IsPostgresUrl(std::string_view store);

// Where the own authority keeps its files.
std::string AuthorityDirectory(const std::string& state_directory);

// The store of that name. Errors are those of SqliteStore and PostgresStore.
absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(const std::string& name,
                                                        const store::OnDiskFailed& on_failed = {});

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
  std::thread thread_;  // runs context_
  bool stopped_ = false;
};

}  // namespace wsfleet::coordinator
