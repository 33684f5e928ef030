#include "coordinator/tls/listener_credentials.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace wsfleet::coordinator {

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const TlsFiles& files, absl::Duration reload) {
  auto followed = FollowedFiles::Follow(files);
  if (!followed.ok()) return followed.status();
  const TlsFiles copies = (*followed)->copies();
  const auto seconds =
      static_cast<unsigned int>(std::max(absl::ToInt64Seconds(absl::Ceil(reload, absl::Seconds(1))), std::int64_t{1}));
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      copies.key, copies.certificate, copies.client_ca, seconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!copies.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  struct Following {
    std::unique_ptr<FollowedFiles> files;
    std::shared_ptr<grpc::ServerCredentials> credentials;
  };
  const auto both = std::make_shared<Following>();
  both->files = *std::move(followed);
  both->credentials = grpc::experimental::TlsServerCredentials(options);
  return std::shared_ptr<grpc::ServerCredentials>(both, both->credentials.get());
}

}  // namespace wsfleet::coordinator
