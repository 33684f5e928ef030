#include "coordinator/tls/listener_credentials.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace wsfleet::coordinator {
namespace {

constexpr unsigned int kRefreshSeconds = 60;

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const TlsFiles& files) {
  // gRPC would log a missing file and go on waiting for it.
  for (const std::string& path : {files.certificate, files.key, files.client_ca}) {
    if (!path.empty() && access(path.c_str(), R_OK) != 0) {
      return absl::FailedPreconditionError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    }
  }
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.client_ca, kRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace wsfleet::coordinator
