#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"

namespace wsfleet::coordinator {

// One address with the services that are spoken on it, and gRPC's health and reflection.
struct ListenerOptions {
  std::string address;  // host:port; port 0: any
  std::shared_ptr<grpc::ServerCredentials> credentials;
  int max_message_bytes = 0;
  std::vector<grpc::Service*> services;  // outlive the listener
  std::string flag;                      // that names the address, for errors
  int max_metadata_bytes = 8 << 10;
  int max_calls = 1000;  // at once, of a connection
  // When gRPC takes more for all calls it ends some of them, soon after. 0: as it needs.
  std::size_t max_memory_bytes = 0;
  absl::Duration max_age = absl::InfiniteDuration();  // of a connection; its calls end a little later
};

class Listener {
 public:
  // FAILED_PRECONDITION: the address cannot be listened on, with the flag and why. What gRPC logs meanwhile is not
  // shown, so that the error stands alone.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(const ListenerOptions& options);

  // With the port that was bound.
  const std::string& address() const { return address_; }

  // Returns when every call has ended; those that have not by then are cancelled after a grace.
  void Shutdown();

 private:
  Listener(std::shared_ptr<grpc::ServerCredentials> credentials, std::unique_ptr<grpc::Server> server,
           std::string address)
      : credentials_(std::move(credentials)), server_(std::move(server)), address_(std::move(address)) {}

  std::shared_ptr<grpc::ServerCredentials> credentials_;  // may follow files as long as they live
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace wsfleet::coordinator
