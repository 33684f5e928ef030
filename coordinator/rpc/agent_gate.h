#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/identity/revocation_list.h"
#include "core/base/agent_name.h"
#include "grpcpp/server_context.h"

namespace wsfleet::coordinator {

// What an agent has to show.
enum class AgentNames {
  kDemanded,  // a certificate that names it
  kIfGiven,   // any certificate of the authority; one that names an agent is for that one only
};

// What a connection has shown of who it is.
struct AgentProof {
  std::optional<AgentName> name;              // in its certificate; absent: none is in it, and none is needed
  std::string key;                            // hash of the certificate's public key; empty: without a certificate
  absl::Time until = absl::InfiniteFuture();  // so long the certificate is valid
  std::string certificate = {};               // PEM; empty: none
};

// The one place where it is decided whether a connection may speak for an agent. Thread-safe.
class AgentGate {
 public:
  AgentGate(AgentNames names, const RevocationList& revocations) : names_(names), revocations_(revocations) {}

  // By the client's certificate, which the listener has verified. PERMISSION_DENIED: it must have a name and has none,
  // or several, or one that is malformed.
  absl::StatusOr<AgentProof> ProofOf(const grpc::ServerContextBase& context) const;

  // Whether nobody else can read what is sent to the peer: it is behind TLS, or on this machine.
  static bool IsPrivate(const grpc::ServerContextBase& context);

  // Whether one that has shown this may speak for this agent now. PERMISSION_DENIED: what differs, or that it is
  // revoked. UNAVAILABLE: its certificate has expired; with the next one it may be back.
  absl::Status Check(const AgentProof& proof, const FleetName& fleet, const AgentId& agent, absl::Time now) const;
  // And whether it stands where it says.
  static absl::Status CheckRegion(const AgentProof& proof, const RegionName& region);
  // The last part of Check().
  absl::Status CheckExpiry(const AgentProof& proof, absl::Time now) const;

  // Whoever has shown this has another certificate of the same name and key, until then: who is connected need not
  // come again.
  void NoteRenewed(const AgentProof& proof, absl::Time until, absl::Time now);

 private:
  const AgentNames names_;
  const RevocationList& revocations_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, absl::Time>
      renewed_;  // by name and key; none that has expired for long
  std::size_t prune_at_ = 1024;
};

}  // namespace wsfleet::coordinator
