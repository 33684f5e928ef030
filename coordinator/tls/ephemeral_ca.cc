#include "coordinator/tls/ephemeral_ca.h"

#include <openssl/obj_mac.h>

#include <array>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "coordinator/private_file.h"
#include "coordinator/secret_text.h"
#include "coordinator/tls/x509.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kValidFor = absl::Hours(30 * 24);
constexpr absl::Duration kRenewBefore = absl::Hours(24);

const x509::Profile kEphemeralAuthority{"wsfleet ephemeral authority",
                                        {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                         {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                         {NID_subject_key_identifier, "hash"}}};
const x509::Profile kEphemeralServer{"wsfleet-coordinator",
                                     {{NID_basic_constraints, "critical,CA:FALSE"},
                                      {NID_key_usage, "critical,digitalSignature"},
                                      {NID_ext_key_usage, "serverAuth"},
                                      {NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"}}};
const x509::Profile kEphemeralAgent{"wsfleet-agent",
                                    {{NID_basic_constraints, "critical,CA:FALSE"},
                                     {NID_key_usage, "critical,digitalSignature"},
                                     {NID_ext_key_usage, "clientAuth"}}};

// True if the certificate is readable, signed by `ca` and valid for kRenewBefore at least.
bool IsGood(const std::string& path, X509* ca, absl::Time now) {
  const auto pem = ReadSmallFile(path);
  if (!pem.ok()) return false;
  const x509::Certificate certificate = x509::ReadCertificate(*pem);
  return x509::IsSignedBy(certificate.get(), ca) && x509::ValidityOf(certificate.get()).until > now + kRenewBefore;
}

bool IsComplete(const EphemeralCaFiles& files, absl::Time now) {
  const auto pem = ReadSmallFile(files.ca);
  if (!pem.ok()) return false;
  const x509::Certificate ca = x509::ReadCertificate(*pem);
  for (const std::string& secret : {files.server_key, files.agent_key, files.client_token}) {
    if (const auto content = ReadPrivateFile(secret); !content.ok() || content->empty()) return false;
  }
  return IsGood(files.ca, ca.get(), now) && IsGood(files.server_certificate, ca.get(), now) &&
         IsGood(files.agent_certificate, ca.get(), now);
}

absl::StatusOr<std::string> RandomToken() {
  const auto bytes = RandomBytes(32);
  if (!bytes.ok()) return bytes.status();
  return absl::BytesToHexString(*bytes);
}

}  // namespace

EphemeralCaFiles::EphemeralCaFiles(const std::string& directory)
    : ca(directory + "/ca.pem"),
      server_certificate(directory + "/server.pem"),
      server_key(directory + "/server.key"),
      agent_certificate(directory + "/agent.pem"),
      agent_key(directory + "/agent.key"),
      client_token(directory + "/token") {}

absl::Status MakeEphemeralCa(const std::string& directory, absl::Time now) {
  if (auto status = MakePrivateDirectory(directory); !status.ok()) return status;
  const EphemeralCaFiles files(directory);
  if (IsComplete(files, now)) return absl::OkStatus();

  const x509::Validity validity{now - x509::kClocksMayDiffer, now + kValidFor};
  x509::Identity ca{x509::NewKey(), nullptr}, server{x509::NewKey(), nullptr}, agent{x509::NewKey(), nullptr};
  ca.certificate = x509::Issue(ca.key.get(), kEphemeralAuthority, nullptr, validity);
  if (ca.certificate) {
    server.certificate = x509::Issue(server.key.get(), kEphemeralServer, &ca, validity);
    agent.certificate = x509::Issue(agent.key.get(), kEphemeralAgent, &ca, validity);
  }
  const auto token = RandomToken();
  if (!server.certificate || !agent.certificate || !token.ok()) {
    return absl::InternalError("OpenSSL could not make the certificates of the ephemeral authority");
  }
  const std::array<std::tuple<const std::string&, std::string, Access>, 6> contents{{
      {files.server_key, x509::Pem(server.key.get()), Access::kOwnerOnly},
      {files.server_certificate, x509::Pem(server.certificate.get()), Access::kEveryoneReads},
      {files.agent_key, x509::Pem(agent.key.get()), Access::kOwnerOnly},
      {files.agent_certificate, x509::Pem(agent.certificate.get()), Access::kEveryoneReads},
      {files.client_token, *token, Access::kOwnerOnly},
      {files.ca, x509::Pem(ca.certificate.get()), Access::kEveryoneReads},
  }};
  for (const auto& [path, content, access] : contents) {
    if (auto status = WriteFileAtomically(path, content, access); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace wsfleet::coordinator
