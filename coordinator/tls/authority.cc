#include "coordinator/tls/authority.h"

#include <arpa/inet.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/str_join.h"
#include "coordinator/private_file.h"
#include "coordinator/tls/authority_directory.h"
#include "coordinator/tls/x509.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kServerLife = absl::Hours(24 * 90);
constexpr std::size_t kMaxHostBytes = 253;

// What stands in a certificate for a name of a listener; empty: nothing can.
std::string AlternativeName(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (inet_pton(AF_INET, name.c_str(), address.data()) == 1 || inet_pton(AF_INET6, name.c_str(), address.data()) == 1) {
    return "IP:" + name;
  }
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
  const std::string_view host = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
  const bool is_host =
      !host.empty() && host.size() <= kMaxHostBytes && host.find_first_not_of(kAllowed) == std::string_view::npos;
  return is_host ? "DNS:" + name : std::string();
}

absl::StatusOr<std::string> AlternativeNames(const std::vector<std::string>& names) {
  std::vector<std::string> alternatives;
  for (const std::string& name : names) {
    alternatives.push_back(AlternativeName(name));
    if (alternatives.back().empty()) {
      return absl::InvalidArgumentError(
          fmt::format("expected a host name or an address for the certificate of the listeners, found \"{}\"", name));
    }
  }
  return absl::StrJoin(alternatives, ",");
}

// FNV-1a: who has other names has another file.
std::string FileNameFor(const std::string& names) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : names) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return fmt::format("server-{:016x}.pem", hash);
}

bool IsToBeReplaced(const std::string& path, X509* root, absl::Time now) {
  const auto pem = ReadPrivateFile(path);
  if (!pem.ok()) return true;
  const x509::Certificate certificate = x509::ReadCertificate(*pem);
  if (!x509::IsSignedBy(certificate.get(), root) || x509::ReadKey(*pem) == nullptr) return true;
  const x509::Validity validity = x509::ValidityOf(certificate.get());
  // One that is not valid yet was made by a clock that was ahead.
  return now < validity.from || now >= validity.until - (validity.until - validity.from) / 3;
}

}  // namespace

absl::StatusOr<Authority> Authority::Open(const std::string& directory, absl::Time now) {
  if (auto status = MakePrivateDirectory(directory); !status.ok()) return status;
  const Authority authority(directory);
  const auto lock = DirectoryLock::Take(authority.files_.lock);
  if (!lock.ok()) return lock.status();
  auto root = ReadIssuer(authority.files_.current);
  if (absl::IsNotFound(root.status())) {
    if (auto status = WriteNewRoot(authority.files_.current, now); !status.ok()) return status;
  } else if (!root.ok()) {
    return root.status();
  }
  if (auto status = WriteTrusted(authority.files_); !status.ok()) return status;
  return authority;
}

absl::StatusOr<Authority::AgentCertificate> Authority::IssueToAgent(EVP_PKEY* key, const AgentName& name,
                                                                    absl::Duration life, absl::Time now) const {
  const auto root = ReadIssuer(files_.current);
  if (!root.ok()) return root.status();
  // No certificate outlives its root.
  const absl::Time until = std::min(now + life, x509::ValidityOf(root->certificate.get()).until);
  // By less than its life, which agents count from the beginning when they renew: see RenewalTime().
  const x509::Validity validity{now - std::min(x509::kClocksMayDiffer, life / 2), until};
  const x509::Profile profile{"wsfleet-agent",
                              {{NID_basic_constraints, "critical,CA:FALSE"},
                               {NID_key_usage, "critical,digitalSignature"},
                               {NID_ext_key_usage, "clientAuth"},
                               {NID_subject_alt_name, "URI:" + AgentUri(name)}}};
  const x509::Certificate certificate = x509::Issue(key, profile, &*root, validity);
  if (!certificate) return absl::InternalError("OpenSSL could not make the agent's certificate");
  return AgentCertificate{x509::Pem(certificate.get()), until};
}

absl::StatusOr<std::string> Authority::KeepServerCertificate(const std::vector<std::string>& names,
                                                             absl::Time now) const {
  const auto alternatives = AlternativeNames(names);
  if (!alternatives.ok()) return alternatives.status();
  const std::string path = directory_ + "/" + FileNameFor(*alternatives);
  const auto root = ReadIssuer(files_.current);
  if (!root.ok()) return root.status();
  if (!IsToBeReplaced(path, root->certificate.get(), now)) return path;
  const x509::Key key = x509::NewKey();
  const x509::Profile profile{"wsfleet-coordinator",
                              {{NID_basic_constraints, "critical,CA:FALSE"},
                               {NID_key_usage, "critical,digitalSignature"},
                               {NID_ext_key_usage, "serverAuth"},
                               {NID_subject_alt_name, *alternatives}}};
  const absl::Time until = std::min(now + kServerLife, x509::ValidityOf(root->certificate.get()).until);
  const x509::Certificate certificate = x509::Issue(key.get(), profile, &*root, {now - x509::kClocksMayDiffer, until});
  if (!certificate) return absl::InternalError("OpenSSL could not make the certificate of the listeners");
  // Both in one file: whoever reads it while it is replaced has a pair that belongs together.
  auto status = WriteFileAtomically(path, x509::Pem(key.get()) + x509::Pem(certificate.get()), Access::kOwnerOnly);
  return status.ok() ? absl::StatusOr<std::string>(path) : status;
}

absl::Status Authority::CheckTrusted(const std::string& certificate) const {
  const auto roots = Trusted();
  if (!roots.ok()) return roots.status();
  const x509::Certificate shown = x509::ReadCertificate(certificate);
  for (const x509::Certificate& root : x509::ReadCertificates(*roots)) {
    if (x509::IsSignedBy(shown.get(), root.get())) return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      "the certificate that was shown is of a root that is trusted no more; empty the agent's identity directory, and "
      "let it enrol with a new join token");
}

absl::StatusOr<std::string> Authority::Trusted() const { return ReadSmallFile(files_.trusted); }

}  // namespace wsfleet::coordinator
