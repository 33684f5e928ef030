#include <cstddef>
#include <cstdint>
#include <string>

#include "core/scenario/plan.h"

// Any bytes as a suite: parsing never throws, crashes or runs away, and what is accepted resolves or says why not.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wsfleet::Bundle bundle;
  bundle.suites = {"fuzz.wsfleet.yaml"};
  bundle.files["fuzz.wsfleet.yaml"] = std::string(reinterpret_cast<const char*>(data), size);
  const wsfleet::ResolveResult result = wsfleet::Resolve(bundle, {}, {});
  for (const wsfleet::Diagnostic& diagnostic : result.diagnostics) {
    wsfleet::RenderDiagnostic(diagnostic, bundle.files);
  }
  return 0;
}
