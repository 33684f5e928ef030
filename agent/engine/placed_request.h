#pragma once

#include <string>
#include <vector>

#include "agent/engine/dialer.h"
#include "core/base/url.h"
#include "core/match/selector.h"
#include "core/verdict/result.h"

namespace wsfleet::engine {

// A request, or an upgrade, with everything that suite, target and credential say of it; secrets included.
struct PlacedRequest {
  Url url;
  std::vector<HeaderField> headers;
  std::vector<std::string> subprotocols;
  TlsOptions tls;
  std::string proxy;
  std::string proxy_host;    // of it
  CredentialUse credential;  // that it carries; without a name: none
  bool own_origin = false;   // of the target: its headers and TLS settings go along
};

}  // namespace wsfleet::engine
