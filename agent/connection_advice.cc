#include "agent/connection_advice.h"

#include <array>
#include <string_view>
#include <utility>

#include "agent/identity.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::agent {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kWordings{{
    {"Connection refused", "nobody listens there: check --coordinator, and whether the coordinator runs"},
    {"Peer name", "the host of --coordinator is not in its certificate: name one that is, or give --server-name"},
    {"WRONG_VERSION_NUMBER", "it does not speak TLS there: is this the agents' listener of the coordinator?"},
}};

// Empty: it is valid, or cannot be read, which the handshake says.
std::string WhyNotNow(const std::string& certificate, absl::Time now) {
  const auto facts = ReadCertificateFacts(certificate);
  if (!facts.ok()) return {};
  if (now < facts->from) {
    return fmt::format(
        "by the clock of this machine it is {}, and the agent's certificate is valid only from {}: set the clock here; "
        "if it was the coordinator's that was ahead, wait, or get another certificate (with --identity-dir: remove "
        "agent.pem there, and start the agent with --enrol and a join token)",
        UtcText(now), UtcText(facts->from));
  }
  if (now < facts->until) return {};
  return fmt::format("by the clock of this machine it is {}, and the agent's certificate expired at {}", UtcText(now),
                     UtcText(facts->until));
}

}  // namespace

std::string AdviceOn(const absl::Status& status, const ChannelSecurity& security, absl::Time now) {
  if (absl::IsUnimplemented(status)) {
    return "another gRPC server answers there, or another listener of the coordinator: --coordinator names that of its "
           "--agent-listen (port 7420 unless it was told another)";
  }
  if (!absl::IsUnavailable(status)) return {};
  const std::string_view message = ToStd(status.message());
  for (const auto& [wording, advice] : kWordings) {
    if (message.find(wording) != std::string_view::npos) return std::string(advice);
  }
  if (message.find("certificate verify failed") != std::string_view::npos ||
      message.find("CERTIFICATE_VERIFY_FAILED") != std::string_view::npos) {
    return fmt::format(
        "--ca is not the authority of the coordinator's certificate, or that is not valid by the clock of this machine "
        "({}); with --identity-dir ca.pem there goes before --ca: where the authority was replaced, empty that "
        "directory, and enrol again with a join token",
        UtcText(now));
  }
  const bool was_closed = message.find("closed") != std::string_view::npos ||
                          message.find("reset") != std::string_view::npos ||
                          message.find("Broken pipe") != std::string_view::npos;
  if (!was_closed) return {};
  if (security.plaintext) return "if the coordinator speaks TLS there, give --ca in place of --insecure-plaintext";
  if (security.certificate.empty()) {
    return "no --identity-dir and no --cert: a coordinator with TLS wants a certificate of each agent; see --enrol";
  }
  if (std::string why = WhyNotNow(security.certificate, now); !why.empty()) return why;
  return "if it goes on, the coordinator may not trust this certificate: its log says so, or is this not the agents' "
         "listener?";
}

}  // namespace wsfleet::agent
