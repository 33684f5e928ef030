#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "agent/channel.h"
#include "agent/identity.h"
#include "core/base/ids.h"

namespace wsfleet::agent {

// Where an agent has its certificates from: files that somebody else replaces (cert-manager, an operator).
struct CredentialFiles {
  std::string authority;    // whom to believe
  std::string certificate;  // empty: none
  std::string key;
  std::string server_name;
};

// As the files are now. What cannot be read is empty, and the handshake says so.
ChannelSecurity ReadCredentials(const CredentialFiles& files);

// With the certificate of an identity instead, and what it was told to believe instead of the file of the authority.
ChannelSecurity WithIdentity(ChannelSecurity security, const Identity& identity);

// Who this agent is in its fleet, by what its certificate says and what it was started with: "POOL.INSTANCE" if it
// names a pool, `id` if it names nobody. FAILED_PRECONDITION: they contradict each other, or it is no certificate.
absl::StatusOr<AgentId> AgentIdFor(const std::string& certificate_pem, const FleetName& fleet, const RegionName& region,
                                   const std::string& id);

}  // namespace wsfleet::agent
