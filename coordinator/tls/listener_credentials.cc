#include "coordinator/tls/listener_credentials.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "coordinator/private_file.h"
#include "coordinator/tls/x509.h"
#include "fmt/format.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace wsfleet::coordinator {
namespace {

// gRPC would log what is wrong with a file, and refuse every connection until it is right.
absl::Status CheckPair(const TlsFiles& files) {
  const auto certificate_pem = ReadSmallFile(files.certificate);
  if (!certificate_pem.ok()) return certificate_pem.status();
  const auto key_pem = ReadSmallFile(files.key);
  if (!key_pem.ok()) return key_pem.status();
  const x509::Certificate certificate = x509::ReadCertificate(*certificate_pem);
  if (!certificate) {
    return absl::FailedPreconditionError(fmt::format("{}: expected a certificate in PEM", files.certificate));
  }
  const x509::Key key = x509::ReadKey(*key_pem);
  if (!key) return absl::FailedPreconditionError(fmt::format("{}: expected a private key in PEM", files.key));
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{} is not the key of the first certificate in {}", files.key, files.certificate));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const TlsFiles& files, absl::Duration reload) {
  // gRPC would log a missing file and go on waiting for it.
  for (const std::string& path : {files.certificate, files.key, files.client_ca}) {
    if (!path.empty() && access(path.c_str(), R_OK) != 0) {
      return absl::FailedPreconditionError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    }
  }
  if (auto status = CheckPair(files); !status.ok()) return status;
  const auto seconds =
      static_cast<unsigned int>(std::max(absl::ToInt64Seconds(absl::Ceil(reload, absl::Seconds(1))), std::int64_t{1}));
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.client_ca, seconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace wsfleet::coordinator
