#pragma once

#include "absl/status/statusor.h"
#include "core/access/records.h"
#include "wsfleet/v1/access.pb.h"

// Who may do what, and who did, as proto/wire/convert.h.
namespace wsfleet::wire {

v1::Role ToWire(Role role);
absl::StatusOr<Role> FromWire(v1::Role role);
v1::AuditOutcome ToWire(AuditOutcome outcome);

// Without its digest, which is nobody's business.
v1::Token ToWire(const TokenRecord& token);
v1::AuditEntry ToWire(const AuditRecord& record);

}  // namespace wsfleet::wire
