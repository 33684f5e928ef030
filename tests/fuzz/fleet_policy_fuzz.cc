#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/source.h"
#include "core/policy/fleet_policy.h"

// Any bytes as a fleet's policy: reading never throws, crashes or runs away; what is accepted is written in one way
// that means the same, and never leads to where a cloud keeps credentials; what is not says why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const wsfleet::FleetPolicyResult result = wsfleet::ParseFleetPolicy("fuzz.yaml", text);
  for (const wsfleet::Diagnostic& diagnostic : result.diagnostics) {
    wsfleet::RenderDiagnostic(diagnostic, {{"fuzz.yaml", text}});
  }
  if (!result.policy) {
    if (result.diagnostics.empty()) std::abort();
    return 0;
  }
  const std::string rendered = wsfleet::RenderFleetPolicy(*result.policy);
  if (wsfleet::ParseFleetPolicy("fuzz.yaml", rendered).policy != result.policy) std::abort();
  const wsfleet::IpAddress metadata = wsfleet::IpAddress::V4(169, 254, 169, 254);
  for (const wsfleet::AllowedTarget& entry : result.policy->targets.allowed) {
    const auto host = wsfleet::ReadTargetHost(entry.host);
    if (!host.ok() || entry.ports.empty()) std::abort();
    if (wsfleet::CheckAddress(result.policy->targets, "it", *host, entry.ports.front(), metadata).ok()) std::abort();
  }
  return 0;
}
