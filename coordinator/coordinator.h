#pragma once

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "coordinator/listener.h"
#include "coordinator/ownership.h"
#include "coordinator/rpc/access_service.h"
#include "coordinator/rpc/agent_service.h"
#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/fleets_service.h"
#include "coordinator/rpc/jobs_service.h"
#include "coordinator/rpc/schedules_service.h"
#include "coordinator/store/store.h"

namespace wsfleet::coordinator {

struct CoordinatorOptions {
  std::string agent_listen = "127.0.0.1:7420";
  std::string client_listen = "127.0.0.1:7421";
  std::string store = ":memory:";                   // or the path of a SQLite file, or postgres://…
  std::string replica;                              // of this process; empty: random
  std::string advertise_agents, advertise_clients;  // where others send whom this one's fleets are for; may be empty
  std::string state_directory;                      // where the key of the secrets is kept; not used with ":memory:"
  std::string certificate, key, client_ca;          // of both listeners; client_ca: of the agents' certificates
  std::string development_ca;                       // directory of an ephemeral authority in place of the three
  bool plaintext = false;                           // no TLS at all
  std::string client_token_file;
  FleetName fleet{"default"};
  absl::Duration lease_time = absl::Seconds(90);
  std::uint32_t max_attempts = 3;
  absl::Duration peer_limit = absl::Seconds(20);  // how long a client or an agent may keep its stream waiting
  LogPermissions logs;
  RetentionSettings retention;
  monitoring::Metrics* metrics = nullptr;  // where it counts; null: nowhere. Outlives the coordinator.
  AuditLog::Settings audit;
};

// Of "host:port".
bool IsLoopback(std::string_view address);
bool IsPostgresUrl(std::string_view store);

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

 private:
  Coordinator(const CoordinatorOptions& options, std::unique_ptr<store::Store> store, SecretBox secrets,
              std::string token);

  absl::Status Own(const CoordinatorOptions& options);
  absl::Status Listen(const CoordinatorOptions& options);

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<store::Store> store_;
  Bundles bundles_;
  SecretBox secrets_;
  TokenRegistry tokens_;
  AuditLog audit_;
  WorkerPool readers_;
  WorkerPool resolvers_;
  Fleets fleets_;
  OwnershipKeeper ownership_;
  Backend backend_;
  AgentService agent_service_;
  JobsService jobs_service_;
  FleetsService fleets_service_;
  SchedulesService schedules_service_;
  TokensService tokens_service_;
  AuditService audit_service_;
  std::unique_ptr<Listener> agent_listener_;
  std::unique_ptr<Listener> client_listener_;
  std::thread thread_;  // runs context_
  bool stopped_ = false;
};

}  // namespace wsfleet::coordinator
