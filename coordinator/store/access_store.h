#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/access/records.h"

// See coordinator/store/store.h for threads and errors.
namespace wsfleet::store {

// Bearer tokens. They belong to no machine: any replica writes them.
class TokenStore {
 public:
  static constexpr std::uint32_t kMaxTokens = 500;  // of a fleet; those that are no good any more, while kept, included
  virtual ~TokenStore() = default;
  // Durable when it returns OK. ALREADY_EXISTS: a good token of the fleet has this name. RESOURCE_EXHAUSTED: there are
  // kMaxTokens.
  virtual absl::Status CreateToken(const TokenRecord& token) = 0;
  // The token of this id, or the one that has this name and was not revoked; as it is now. One that was revoked stays
  // as it is. NOT_FOUND.
  virtual absl::StatusOr<TokenRecord> RevokeToken(const FleetName& fleet, const std::string& id_or_name,
                                                  absl::Time at) = 0;
  // Another number after each change of a token, whoever made it.
  virtual absl::StatusOr<std::uint64_t> TokensVersion() = 0;
  // Those of all fleets that were not revoked, expired or not.
  virtual absl::StatusOr<std::vector<TokenRecord>> UnrevokedTokens() = 0;
  // By id; those after `after`.
  virtual absl::StatusOr<std::vector<TokenRecord>> ListTokens(const FleetName& fleet, std::uint32_t limit,
                                                              const TokenId& after) = 0;
  // That were revoked or expired before.
  virtual absl::Status RemoveTokens(absl::Time gone_before) = 0;
};

// What was changed, and by whom.
class AuditStore {
 public:
  struct Query {
    std::optional<FleetName> fleet = {};  // absent: every fleet, and none
    absl::Time since = absl::InfinitePast();
    std::uint64_t before = 0;  // records with lower numbers; 0: from the newest on
    std::uint32_t limit = 0;
  };
  // How many are kept of a class (AuditClassOf).
  struct Limits {
    std::uint64_t changes = 1'000'000;  // IsClassOfChanges
    std::uint64_t refusals = 100'000;   // of the others
  };
  virtual ~AuditStore() = default;
  // Gives them their numbers. All or nothing, durable when it returns OK.
  virtual absl::Status AppendAudit(const std::vector<AuditRecord>& records) = 0;
  // Newest first.
  virtual absl::StatusOr<std::vector<AuditRecord>> ListAudit(const Query& query) = 0;
  // A few of the oldest that are older than `before`, or beyond the newest of their class. How many.
  virtual absl::StatusOr<std::uint32_t> RemoveAudit(absl::Time before, const Limits& limits) = 0;
};

}  // namespace wsfleet::store
