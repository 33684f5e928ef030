#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/base/ids.h"

namespace wsfleet::coordinator {

// Something that somebody did, or was refused, that an operator may want to know of later. No secrets.
struct SecurityEvent {
  std::string action;  // "agent.enrol", "join-token.create", …
  FleetName fleet;
  std::string peer;     // the address that it came from
  std::string subject;  // an agent, a token's id
  std::string details;
  absl::Status outcome;  // a refusal has its reason
};

// The one place where these are recorded: in the log. Any thread; never blocks.
class SecurityEvents {
 public:
  void Record(const SecurityEvent& event) const;
};

}  // namespace wsfleet::coordinator
