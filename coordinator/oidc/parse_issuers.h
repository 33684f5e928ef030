#pragma once

#include <string>
#include <vector>

#include "coordinator/oidc/issuer.h"
#include "core/base/source.h"

namespace wsfleet::oidc {

struct IssuersResult {
  std::vector<Issuer> issuers;          // empty if there is an error
  std::vector<Diagnostic> diagnostics;  // in the order of the text
};

// The text of the coordinator's file of issuers (docs/reference/oidc.md); `file` is its name in diagnostics. Pure;
// never throws.
IssuersResult ParseIssuers(const std::string& file, const std::string& text);

}  // namespace wsfleet::oidc
