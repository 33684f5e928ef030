#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "coordinator/oidc/parse_issuers.h"
#include "core/base/source.h"

// Any bytes as a file of issuers: parsing never throws, crashes or runs away; what is accepted names whom it believes
// and where their keys are, what is not says why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const wsfleet::oidc::IssuersResult result = wsfleet::oidc::ParseIssuers("fuzz.yaml", text);
  if (result.issuers.empty() && result.diagnostics.empty()) std::abort();
  for (const wsfleet::Diagnostic& diagnostic : result.diagnostics) {
    wsfleet::RenderDiagnostic(diagnostic, {{"fuzz.yaml", text}});
  }
  for (const wsfleet::oidc::Issuer& issuer : result.issuers) {
    if (issuer.issuer.empty() || issuer.audiences.empty() || issuer.algorithms.empty()) std::abort();
    if (issuer.keys.url.empty() == issuer.keys.file.empty()) std::abort();
  }
  return 0;
}
