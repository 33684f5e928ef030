#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/connection.h"
#include "core/access/role.h"

// What a client asks of a coordinator about tokens and the audit log. Every call blocks, and has a limit of its own.
namespace wsfleet::cli {

absl::StatusOr<v1::WhoAmIReply> WhoAmI(CoordinatorClient& client);
// Whether they have this role in the fleet, or a higher one.
bool HasRole(const v1::WhoAmIReply& who, v1::Role role, const std::string& fleet);

absl::StatusOr<v1::CreateTokenReply> CreateToken(CoordinatorClient& client, const std::string& name, Role role,
                                                 absl::Duration ttl);
absl::StatusOr<std::vector<v1::Token>> ListTokens(CoordinatorClient& client);
absl::StatusOr<v1::Token> RevokeToken(CoordinatorClient& client, const std::string& id_or_name);

struct AuditQuestion {
  absl::Time since = absl::InfinitePast();
  unsigned limit = 100;
  bool every_fleet = false;
};
// Newest first.
absl::StatusOr<std::vector<v1::AuditEntry>> ListAudit(CoordinatorClient& client, const AuditQuestion& question);

}  // namespace wsfleet::cli
