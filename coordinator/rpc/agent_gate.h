#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/identity/revocation_list.h"
#include "core/base/agent_name.h"
#include "grpcpp/server_context.h"

namespace wsfleet::coordinator {

// What an agent has to show.
enum class AgentNames {
  kDemanded,  // a certificate that names it
  kIfGiven,   // any certificate of the authority; one that names an agent is for that one only
};

// The one place where it is decided whether a connection may speak for an agent. Immutable but for the revocations;
// thread-safe.
class AgentGate {
 public:
  AgentGate(AgentNames names, const RevocationList& revocations) : names_(names), revocations_(revocations) {}

  // The name in the client's certificate, which the listener has verified; absent if it has none and need not.
  // PERMISSION_DENIED: it has none, several, or one that is malformed.
  absl::StatusOr<std::optional<AgentName>> NameOf(const grpc::ServerContextBase& context) const;

  // Whether nobody else can read what is sent to the peer: it is behind TLS, or on this machine.
  static bool IsPrivate(const grpc::ServerContextBase& context);

  // Whether one that was so named may speak for this agent now. PERMISSION_DENIED: what differs, or that it is revoked.
  absl::Status Check(const std::optional<AgentName>& name, const FleetName& fleet, const AgentId& agent) const;
  // And whether it stands where it says.
  static absl::Status CheckRegion(const std::optional<AgentName>& name, const RegionName& region);

 private:
  const AgentNames names_;
  const RevocationList& revocations_;
};

}  // namespace wsfleet::coordinator
