#include "agent/credentials.h"

#include <fstream>
#include <sstream>
#include <tuple>

#include "absl/time/clock.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::agent {
namespace {

// Empty if it cannot be read: the connection that is made with it says what is missing, and the log from where.
std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  if (!in) spdlog::error("credentials not read file={}", path);
  return std::move(content).str();
}

}  // namespace

ChannelSecurity ReadCredentials(const CredentialFiles& files) {
  ChannelSecurity security;
  security.server_name = files.server_name;
  security.authority = ReadFile(files.authority);
  if (files.certificate.empty()) return security;
  security.certificate = ReadFile(files.certificate);
  security.key = ReadFile(files.key);
  // The coordinator would only end the connection.
  if (const auto facts = ReadCertificateFacts(security.certificate); facts.ok() && facts->until <= absl::Now()) {
    spdlog::error("certificate expired file={} expired={} next=\"give the agent a new one in this file\"",
                  files.certificate, UtcText(facts->until));
  }
  return security;
}

ChannelSecurity WithIdentity(ChannelSecurity security, const Identity& identity) {
  security.certificate = identity.chain();
  security.key = identity.key();
  if (!identity.trusted().empty()) security.authority = identity.trusted();
  return security;
}

absl::StatusOr<AgentId> AgentIdFor(const std::string& certificate_pem, const FleetName& fleet, const RegionName& region,
                                   const std::string& id) {
  const auto facts = ReadCertificateFacts(certificate_pem);
  if (!facts.ok()) {
    return absl::FailedPreconditionError(fmt::format("the agent's certificate: {}", ToStd(facts.status().message())));
  }
  if (!facts->name) return AgentId(id);
  const AgentName& name = *facts->name;
  // Who gives the whole id means the same. A host eu.example.com of a pool eu is called so and no shorter.
  const std::string prefix = name.pool.value() + ".";
  const bool is_whole = id != name.instance && id.starts_with(prefix);
  const std::string instance = is_whole ? id.substr(prefix.size()) : id;
  for (const auto& [what, certified, said] : {std::tuple{"fleet", name.fleet.value(), fleet.value()},
                                              {"region", name.region.value(), region.value()},
                                              {"id", name.instance.empty() ? instance : name.instance, instance}}) {
    if (certified != said) {
      return absl::FailedPreconditionError(fmt::format(
          "the agent's certificate is for --{0} {1}, this agent was started with --{0} {2}", what, certified, said));
    }
  }
  if (!IsInstanceOf(name.pool, instance)) {
    return absl::FailedPreconditionError(
        fmt::format("--id {}: with the pool {} of the certificate it is longer than 128 bytes", id, name.pool.value()));
  }
  return AgentIdOf(name.pool, instance);
}

}  // namespace wsfleet::agent
