#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/agent_name.h"

// See coordinator/store/store.h for threads and errors.
namespace wsfleet::store {

// The right to enrol agents in one region of one fleet. The token itself is not here, only what it is recognised by.
struct JoinToken {
  std::string id;    // the part of the token that is no secret
  std::string hash;  // SHA-256 of the whole token, hex
  FleetName fleet;
  RegionName region;
  PoolName pool;
  std::uint32_t uses = 1;  // how many agents it lets in
  std::uint32_t used = 0;
  absl::Time created;
  absl::Time expires;
  bool revoked = false;

  friend bool operator==(const JoinToken&, const JoinToken&) = default;
};

// An agent, or all of a pool, that is not let in any more.
struct Revocation {
  FleetName fleet;
  PoolName pool;
  std::string instance;  // empty: all of the pool
  std::string reason;
  absl::Time at;

  friend bool operator==(const Revocation&, const Revocation&) = default;
};

// Who may be an agent. Fleets need no owner for it: any replica lets agents in.
class IdentityStore {
 public:
  static constexpr std::uint32_t kMaxJoinTokens = 1000;     // of a fleet
  static constexpr std::uint32_t kMaxRevocations = 10'000;  // of a fleet
  // Tokens stay listed for so long after they have expired.
  static constexpr absl::Duration kKeepExpired = absl::Hours(7 * 24);

  virtual ~IdentityStore() = default;

  // NOT_FOUND: no such fleet. RESOURCE_EXHAUSTED: it has kMaxJoinTokens.
  virtual absl::Status AddJoinToken(const JoinToken& token) = 0;
  // Newest first.
  virtual absl::StatusOr<std::vector<JoinToken>> ListJoinTokens(const FleetName& fleet) = 0;
  // Of whatever fleet. NOT_FOUND.
  virtual absl::StatusOr<JoinToken> FindJoinToken(const std::string& id) = 0;
  // OK if it was revoked before. NOT_FOUND.
  virtual absl::Status RevokeJoinToken(const FleetName& fleet, const std::string& id) = 0;

  struct JoinTokenUse {
    std::string token;  // its id
    std::string key;    // SHA-256 of the agent's public key, hex
    std::string instance;
    absl::Time at;
  };
  // Counts a use in one transaction: of those who come at once for the last one, one gets it. The same key and
  // instance again is the same agent, whose answer was lost: not counted. Whether it was. NOT_FOUND.
  // FAILED_PRECONDITION: expired, revoked, used up or that key is another instance's, and which of these.
  virtual absl::StatusOr<bool> UseJoinToken(const JoinTokenUse& use) = 0;

  // A name that is revoked already keeps its first reason and time. NOT_FOUND: no such fleet. RESOURCE_EXHAUSTED: it
  // has kMaxRevocations.
  virtual absl::Status Revoke(const std::vector<Revocation>& revocations) = 0;
  // NOT_FOUND: it is not revoked.
  virtual absl::Status Unrevoke(const FleetName& fleet, const PoolName& pool, const std::string& instance) = 0;
  // Of all fleets, by name.
  virtual absl::StatusOr<std::vector<Revocation>> ListRevocations() = 0;
};

}  // namespace wsfleet::store
