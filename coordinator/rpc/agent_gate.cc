#include "coordinator/rpc/agent_gate.h"

#include <string>
#include <string_view>

#include "core/base/text.h"
#include "fmt/format.h"
#include "grpcpp/security/auth_context.h"

namespace wsfleet::coordinator {
namespace {

// gRPC's name for the URIs of the peer's certificate.
constexpr const char* kUriProperty = "peer_uri";
constexpr const char* kTransportProperty = "transport_security_type";

// "ipv4:127.0.0.1:4711", "ipv6:%5B::1%5D:4711", "unix:…".
bool IsOnThisMachine(std::string_view peer) {
  return peer.starts_with("ipv4:127.") || peer.starts_with("ipv6:%5B::1%5D") || peer.starts_with("ipv6:[::1]") ||
         peer.starts_with("unix:");
}

absl::Status Differs(std::string_view what, const std::string& certified, const std::string& said) {
  return absl::PermissionDeniedError(fmt::format(
      "the agent's certificate is for {} {}, it says {}; start it as its certificate says, or give it one of "
      "its own",
      what, certified, Excerpt(said, 256)));
}

}  // namespace

absl::StatusOr<std::optional<AgentName>> AgentGate::NameOf(const grpc::ServerContextBase& context) const {
  std::optional<AgentName> name;
  const auto security = context.auth_context();
  for (const grpc::string_ref& value : security->FindPropertyValues(kUriProperty)) {
    const std::string_view uri(value.data(), value.size());
    if (!uri.starts_with(kAgentUriScheme)) continue;
    if (name) return absl::PermissionDeniedError("the agent's certificate names several agents; expected one");
    auto parsed = ParseAgentUri(uri);
    if (!parsed.ok()) {
      return absl::PermissionDeniedError(
          fmt::format("the URI of the agent's certificate: {}", ToStd(parsed.status().message())));
    }
    name = *std::move(parsed);
  }
  if (!name && names_ == AgentNames::kDemanded) {
    return absl::PermissionDeniedError(
        "the agent's certificate names no agent; expected a URI spiffe://wsfleet/fleet/F/region/R/pool/P/instance/I "
        "among its alternative names. Enrol the agent (--enrol), or have its issuer write one");
  }
  return name;
}

bool AgentGate::IsPrivate(const grpc::ServerContextBase& context) {
  for (const grpc::string_ref& value : context.auth_context()->FindPropertyValues(kTransportProperty)) {
    if (value == "ssl" || value == "tls") return true;
  }
  return IsOnThisMachine(context.peer());
}

absl::Status AgentGate::Check(const std::optional<AgentName>& name, const FleetName& fleet,
                              const AgentId& agent) const {
  if (!name) return absl::OkStatus();
  if (name->fleet != fleet) return Differs("fleet", name->fleet.value(), fleet.value());
  std::string instance = name->instance;
  if (instance.empty()) {
    const std::string prefix = name->pool.value() + ".";
    if (!agent.value().starts_with(prefix)) return Differs("agents", prefix + "…", agent.value());
    instance = agent.value().substr(prefix.size());
  } else if (const AgentId certified = AgentIdOf(name->pool, instance); certified != agent) {
    return Differs("agent", certified.value(), agent.value());
  }
  return revocations_.Check(fleet, name->pool, instance);
}

absl::Status AgentGate::CheckRegion(const std::optional<AgentName>& name, const RegionName& region) {
  if (!name || name->region == region) return absl::OkStatus();
  return Differs("region", name->region.value(), region.value());
}

}  // namespace wsfleet::coordinator
