#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/agent_name.h"

namespace wsfleet::agent {

// What an agent reads in a certificate of its own.
struct CertificateFacts {
  std::optional<AgentName> name;  // absent: it names no agent
  absl::Time from;
  absl::Time until;
};

// Of the first certificate in a PEM text. INVALID_ARGUMENT: there is none, or it names several agents.
absl::StatusOr<CertificateFacts> ReadCertificateFacts(std::string_view pem);

// Key and certificates of this agent in a directory of its own (0700): agent.key (0600), which is made here and never
// leaves it; agent.pem; ca.pem, whom to believe. Belongs to one thread. Errors: FAILED_PRECONDITION, and which file.
class Identity {
 public:
  // Makes what is missing, but for the certificates.
  static absl::StatusOr<Identity> Open(const std::string& directory);

  // Absent: none was stored yet.
  const std::optional<CertificateFacts>& certificate() const { return facts_; }
  const std::string& directory() const { return directory_; }

  // PEM.
  const std::string& key() const { return key_; }
  const std::string& chain() const { return chain_; }
  // Empty: none was stored.
  const std::string& trusted() const { return trusted_; }

  // A PKCS#10 request for the key (RFC 2986), PEM. It says nothing of the agent: its issuer knows that from elsewhere.
  absl::StatusOr<std::string> Request() const;

  // In place of those before. INVALID_ARGUMENT: the certificate is not for our key, or names no single agent.
  // `trusted`: empty leaves what there is.
  absl::Status Store(const std::string& chain, const std::string& trusted);

 private:
  explicit Identity(std::string directory) : directory_(std::move(directory)) {}

  std::string File(std::string_view name) const { return directory_ + "/" + std::string(name); }

  std::string directory_;
  std::string key_;
  std::string chain_;
  std::string trusted_;
  std::optional<CertificateFacts> facts_;
};

}  // namespace wsfleet::agent
