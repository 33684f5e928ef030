#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"

namespace wsfleet::coordinator {

// What a listener shows, and what it asks for.
struct TlsFiles {
  std::string certificate;  // PEM, leaf first
  std::string key;          // PEM
  std::string client_ca;    // PEM; empty: clients need no certificate. Otherwise one that this authority signed.
};

// Credentials that follow the files when they are replaced. FAILED_PRECONDITION: a file that cannot be read.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const TlsFiles& files);

}  // namespace wsfleet::coordinator
