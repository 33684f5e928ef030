#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/access/records.h"

namespace wsfleet::coordinator {

// What became of something that an agent wants, or who would be one. No secrets.
struct AgentAttempt {
  std::string_view action;  // "agents.enrol"
  FleetName fleet;          // that there is; empty: none
  std::string peer;         // the address that it came from
  std::string agent;        // as it calls itself, or is called from now on
  std::string join_token;   // id of the one that it showed; may be empty
  std::string detail;
  absl::Status outcome;
  bool changed = true;  // if it went well
};

// As the audit log takes it down: done, or denied with the reason. Absent: it failed for what is not the agent's, such
// as a store that does not answer, and nobody did anything.
std::optional<AuditRecord> RecordOf(const AgentAttempt& attempt, absl::Time now);

}  // namespace wsfleet::coordinator
