#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/identity_store.h"
#include "coordinator/store/sql/connection.h"

// The rows behind IdentityStore, whose comments say what each returns. What writes runs in a transaction of the caller.
namespace wsfleet::store {

absl::Status WriteJoinToken(Connection& connection, const JoinToken& token);
absl::StatusOr<std::vector<JoinToken>> ReadJoinTokens(Connection& connection, const FleetName& fleet);
absl::StatusOr<JoinToken> ReadJoinToken(Connection& connection, const std::string& id);
absl::Status MarkRevoked(Connection& connection, const FleetName& fleet, const std::string& id);
absl::StatusOr<bool> WriteUse(Connection& connection, const IdentityStore::JoinTokenUse& use);

absl::Status WriteRevocations(Connection& connection, const std::vector<Revocation>& revocations);
absl::Status RemoveRevocation(Connection& connection, const FleetName& fleet, const PoolName& pool,
                              const std::string& instance);
absl::StatusOr<std::vector<Revocation>> ReadRevocations(Connection& connection);

}  // namespace wsfleet::store
