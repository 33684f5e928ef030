#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/security/server_credentials.h"

namespace wsfleet::coordinator {

// What a listener shows, and what it asks for. Certificate and key may be one file.
struct TlsFiles {
  std::string certificate;  // PEM, leaf first
  std::string key;          // PEM
  std::string client_ca;    // PEM; empty: clients need no certificate. Otherwise one that this authority signed.
};

// Credentials that follow the files when they are replaced: new connections, within `reload`, which is rounded up to
// seconds. FAILED_PRECONDITION: a file that cannot be read, or holds something else than what is expected of it.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const TlsFiles& files, absl::Duration reload);

}  // namespace wsfleet::coordinator
