#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/access/role.h"
#include "core/base/ids.h"

// What is stored of who may do what, and of what they did. As core/job/records.h.
namespace wsfleet {

// "t-" and ten characters, made of random bits as the id of a job is. It is no secret.
TokenId TokenIdOf(std::uint64_t random);

// A bearer token. The token itself is known to nobody but whom it was given to.
struct TokenRecord {
  TokenId id;
  std::string name;  // for people: an identifier; one token of a fleet has it at a time
  FleetName fleet;
  Role role = Role::kViewer;
  std::string digest;      // lower-case hex SHA-256 of the token
  std::string created_by;  // name of who made it
  absl::Time created = absl::InfinitePast();
  absl::Time expires = absl::InfiniteFuture();
  std::optional<absl::Time> revoked;

  bool IsGood(absl::Time now) const { return !revoked && now < expires; }

  friend bool operator==(const TokenRecord&, const TokenRecord&) = default;
};

enum class AuditOutcome {
  kDone,
  kDenied,  // who called may not, or the fleet's policy allows nobody
  kFailed,  // might have, and it was not done
};
std::string_view AuditOutcomeName(AuditOutcome outcome);  // "done"
std::optional<AuditOutcome> ParseAuditOutcome(std::string_view name);

// Something that somebody changed, or was not let.
struct AuditRecord {
  static constexpr std::size_t kMaxTextBytes = 256;  // of each text but `identity`

  std::uint64_t number = 0;  // rises in the order of storing; given by the store
  absl::Time at = absl::InfinitePast();
  FleetName fleet;        // in which it was done, or tried; empty: in none that there is
  std::string principal;  // name of who called; empty: it is not known
  std::string identity;   // by an issuer's word: the issuer, a space, the subject; empty: known in another way
  TokenId token;          // of theirs; empty: none that is stored
  std::string peer;       // where they called from
  std::string action;     // "runs.submit"
  std::string object;     // what it was done to; may be empty
  AuditOutcome outcome = AuditOutcome::kDone;
  std::string detail;  // of what was done, or why not; may be empty
  // Whether anything is different now. It is not stored: it says with what the record is counted.
  bool changed = true;

  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

// Records of one class are counted together, and one makes way for newer ones of its class only: "unknown" whom nobody
// knows; of each fleet, "refused" who is known and may not, "idle" what was tried or asked again and changed nothing,
// "runs" which runs were begun and cancelled, "changes" everything else; "" are changes of all fleets, from before
// there were more classes.
std::string AuditClassOf(const AuditRecord& record);
// Whether the class is one of what was changed.
bool IsClassOfChanges(std::string_view name);

// Whether what is called so ends harm, or says who may do any: it waits for no other change.
bool EndsHarm(std::string_view action);

}  // namespace wsfleet
