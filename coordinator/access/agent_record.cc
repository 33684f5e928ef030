#include "coordinator/access/agent_record.h"

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

bool IsRefusal(const absl::Status& status) {
  return absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status) || absl::IsFailedPrecondition(status) ||
         absl::IsInvalidArgument(status);
}

}  // namespace

std::optional<AuditRecord> RecordOf(const AgentAttempt& attempt, absl::Time now) {
  if (!attempt.outcome.ok() && !IsRefusal(attempt.outcome)) return std::nullopt;
  AuditRecord record;
  record.at = now;
  record.fleet = attempt.fleet;
  // Who was refused has shown nothing that says who they are.
  if (attempt.outcome.ok() && !attempt.join_token.empty()) {
    record.principal = fmt::format("join-token {}", attempt.join_token);
  }
  record.peer = attempt.peer;
  record.action = std::string(attempt.action);
  record.object = attempt.agent;
  record.changed = attempt.changed;
  record.outcome = attempt.outcome.ok() ? AuditOutcome::kDone : AuditOutcome::kDenied;
  record.detail = attempt.outcome.ok() ? attempt.detail : std::string(ToStd(attempt.outcome.message()));
  return record;
}

}  // namespace wsfleet::coordinator
