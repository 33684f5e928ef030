#include "coordinator/rpc/agent_gate.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "coordinator/tls/x509.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "grpc/grpc_security_constants.h"
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

absl::StatusOr<AgentProof> AgentGate::ProofOf(const grpc::ServerContextBase& context) const {
  AgentProof proof;
  const auto security = context.auth_context();
  for (const grpc::string_ref& value : security->FindPropertyValues(kUriProperty)) {
    const std::string_view uri(value.data(), value.size());
    if (!uri.starts_with(kAgentUriScheme)) continue;
    if (proof.name) return absl::PermissionDeniedError("the agent's certificate names several agents; expected one");
    auto parsed = ParseAgentUri(uri);
    if (!parsed.ok()) {
      return absl::PermissionDeniedError(
          fmt::format("the URI of the agent's certificate: {}", ToStd(parsed.status().message())));
    }
    proof.name = *std::move(parsed);
  }
  if (!proof.name && names_ == AgentNames::kDemanded) {
    return absl::PermissionDeniedError(
        "the agent's certificate names no agent; expected a URI spiffe://wsfleet/fleet/F/region/R/pool/P/instance/I "
        "among its alternative names. Enrol the agent (--enrol), or have its issuer write one");
  }
  for (const grpc::string_ref& pem : security->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
    proof.certificate.assign(pem.data(), pem.size());
    const x509::Certificate certificate = x509::ReadCertificate(proof.certificate);
    if (certificate == nullptr) return absl::PermissionDeniedError("the agent's certificate cannot be read");
    proof.key = x509::KeyHash(X509_get0_pubkey(certificate.get()));
    proof.until = x509::ValidityOf(certificate.get()).until;
  }
  return proof;
}

bool AgentGate::IsPrivate(const grpc::ServerContextBase& context) {
  for (const grpc::string_ref& value : context.auth_context()->FindPropertyValues(kTransportProperty)) {
    if (value == "ssl" || value == "tls") return true;
  }
  return IsOnThisMachine(context.peer());
}

absl::Status AgentGate::Check(const AgentProof& proof, const FleetName& fleet, const AgentId& agent,
                              absl::Time now) const {
  if (proof.name) {
    const AgentName& name = *proof.name;
    if (name.fleet != fleet) return Differs("fleet", name.fleet.value(), fleet.value());
    std::string instance = name.instance;
    if (instance.empty()) {
      const std::string prefix = name.pool.value() + ".";
      if (!agent.value().starts_with(prefix)) return Differs("agents", prefix + "…", agent.value());
      instance = agent.value().substr(prefix.size());
    } else if (const AgentId certified = AgentIdOf(name.pool, instance); certified != agent) {
      return Differs("agent", certified.value(), agent.value());
    }
    if (auto status = revocations_.Check(fleet, name.pool, instance); !status.ok()) return status;
  }
  return CheckExpiry(proof, now);
}

absl::Status AgentGate::CheckRegion(const AgentProof& proof, const RegionName& region) {
  if (!proof.name || proof.name->region == region) return absl::OkStatus();
  return Differs("region", proof.name->region.value(), region.value());
}

absl::Status AgentGate::CheckExpiry(const AgentProof& proof, absl::Time now) const {
  absl::Time until = proof.until;
  if (now < until) return absl::OkStatus();
  if (proof.name) {
    const std::lock_guard lock(mutex_);
    const auto found = renewed_.find({AgentUri(*proof.name), proof.key});
    if (found != renewed_.end()) until = std::max(until, found->second);
  }
  if (now < until) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("the agent's certificate expired at {}; it is to connect with the next one", UtcText(until)));
}

void AgentGate::NoteRenewed(const AgentProof& proof, absl::Time until, absl::Time now) {
  const std::lock_guard lock(mutex_);
  if (renewed_.size() >= prune_at_) {
    std::erase_if(renewed_, [now](const auto& entry) { return entry.second < now; });
    prune_at_ = std::max<std::size_t>(1024, 2 * renewed_.size());
  }
  absl::Time& known = renewed_.try_emplace({AgentUri(*proof.name), proof.key}, absl::InfinitePast()).first->second;
  known = std::max(known, until);
}

}  // namespace wsfleet::coordinator
