#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/connection.h"

// What a client says about who may be an agent. Every call blocks, and has a limit of its own.
namespace wsfleet::cli {

struct JoinTokenOrder {
  std::string region;
  std::string pool;  // empty: as the region
  std::uint32_t uses = 1;
  absl::Duration ttl;
};
absl::StatusOr<v1::CreateJoinTokenReply> CreateJoinToken(CoordinatorClient& client, const JoinTokenOrder& order);
absl::StatusOr<std::vector<v1::JoinToken>> ListJoinTokens(CoordinatorClient& client);
absl::Status RevokeJoinToken(CoordinatorClient& client, const std::string& id);

struct RevocationOrder {
  std::vector<std::string> agents, pools;
  std::string reason;
  bool undo = false;
};
absl::Status RevokeAgents(CoordinatorClient& client, const RevocationOrder& order);
absl::StatusOr<std::vector<v1::Revocation>> ListRevocations(CoordinatorClient& client);

}  // namespace wsfleet::cli
