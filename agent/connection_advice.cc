#include "agent/connection_advice.h"

#include <array>
#include <utility>

#include "core/base/text.h"

namespace wsfleet::agent {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWordings{{
    {"Connection refused", "nobody listens there: check --coordinator, and whether the coordinator runs"},
    {"certificate verify failed", "--ca is not the authority of the coordinator's certificate"},
    {"CERTIFICATE_VERIFY_FAILED", "--ca is not the authority of the coordinator's certificate"},
    {"Peer name", "the host of --coordinator is not in its certificate: name one that is, or give --server-name"},
    {"WRONG_VERSION_NUMBER", "it does not speak TLS there: is this the agents' listener of the coordinator?"},
}};

}  // namespace

std::string_view AdviceOn(const absl::Status& status, const ChannelSecurity& security) {
  if (!absl::IsUnavailable(status)) return {};
  const std::string_view message = ToStd(status.message());
  for (const auto& [wording, advice] : kWordings) {
    if (message.find(wording) != std::string_view::npos) return advice;
  }
  const bool was_closed = message.find("closed") != std::string_view::npos ||
                          message.find("reset") != std::string_view::npos ||
                          message.find("Broken pipe") != std::string_view::npos;
  if (!was_closed) return {};
  if (security.plaintext) return "if the coordinator speaks TLS there, give --ca in place of --insecure-plaintext";
  if (security.certificate.empty()) {
    return "no --identity-dir and no --cert: a coordinator with TLS wants a certificate of each agent; see --enrol";
  }
  return "if it goes on, the coordinator may not trust this certificate: its log says so, or is this not the agents' "
         "listener?";
}

}  // namespace wsfleet::agent
