#include "proto/wire/convert_access.h"

#include "fmt/format.h"
#include "proto/wire/convert.h"

namespace wsfleet::wire {

v1::Role ToWire(Role role) {
  switch (role) {
    case Role::kViewer:
      return v1::ROLE_VIEWER;
    case Role::kRunner:
      return v1::ROLE_RUNNER;
    case Role::kOperator:
      return v1::ROLE_OPERATOR;
    case Role::kAdmin:
      return v1::ROLE_ADMIN;
  }
  return v1::ROLE_UNSPECIFIED;
}

absl::StatusOr<Role> FromWire(v1::Role role) {
  switch (role) {
    case v1::ROLE_VIEWER:
      return Role::kViewer;
    case v1::ROLE_RUNNER:
      return Role::kRunner;
    case v1::ROLE_OPERATOR:
      return Role::kOperator;
    case v1::ROLE_ADMIN:
      return Role::kAdmin;
    default:
      return absl::InvalidArgumentError(
          fmt::format("role: expected viewer, runner, operator or admin, found {}", static_cast<int>(role)));
  }
}

v1::AuditOutcome ToWire(AuditOutcome outcome) {
  switch (outcome) {
    case AuditOutcome::kDone:
      return v1::AUDIT_OUTCOME_DONE;
    case AuditOutcome::kDenied:
      return v1::AUDIT_OUTCOME_DENIED;
    case AuditOutcome::kFailed:
      return v1::AUDIT_OUTCOME_FAILED;
  }
  return v1::AUDIT_OUTCOME_UNSPECIFIED;
}

v1::Token ToWire(const TokenRecord& token) {
  v1::Token wire;
  wire.set_id(token.id.value());
  wire.set_name(token.name);
  wire.set_fleet(token.fleet.value());
  wire.set_role(ToWire(token.role));
  wire.set_created_by(token.created_by);
  *wire.mutable_created() = ToWire(token.created);
  *wire.mutable_expires() = ToWire(token.expires);
  if (token.revoked) *wire.mutable_revoked() = ToWire(*token.revoked);
  return wire;
}

v1::AuditEntry ToWire(const AuditRecord& record) {
  v1::AuditEntry entry;
  entry.set_number(record.number);
  *entry.mutable_at() = ToWire(record.at);
  entry.set_fleet(record.fleet.value());
  entry.set_principal(record.principal);
  entry.set_token(record.token.value());
  entry.set_peer(record.peer);
  entry.set_action(record.action);
  entry.set_object(record.object);
  entry.set_outcome(ToWire(record.outcome));
  entry.set_detail(record.detail);
  entry.set_identity(record.identity);
  return entry;
}

}  // namespace wsfleet::wire
