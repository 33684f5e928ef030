#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/access/grants.h"
#include "core/access/records.h"

namespace wsfleet::coordinator {

// Every call of a client. Each has its rule in rules.cc, and a test holds both against the services.
enum class Rpc {
  kJobsSubmit,
  kJobsGet,
  kJobsList,
  kJobsCancel,
  kJobsWatch,
  kJobsResults,
  kJobsBundle,
  kFleetsListAgents,
  kFleetsGetAgent,
  kFleetsDrainAgents,
  kFleetsCreateFleet,
  kFleetsListFleets,
  kFleetsStopFleet,
  kFleetsResumeFleet,
  kFleetsVersion,
  kFleetsGetPolicy,
  kFleetsSetPolicy,
  kSchedulesApply,
  kSchedulesGet,
  kSchedulesList,
  kSchedulesBundle,
  kSchedulesPause,
  kSchedulesResume,
  kSchedulesTrigger,
  kSchedulesDelete,
  kTokensCreate,
  kTokensList,
  kTokensRevoke,
  kTokensWhoAmI,
  kAuditList,
  kAgentIdentitiesCreateJoinToken,
  kAgentIdentitiesListJoinTokens,
  kAgentIdentitiesRevokeJoinToken,
  kAgentIdentitiesRevokeAgents,
  kAgentIdentitiesListRevocations,
};

// In which fleet the caller needs the role.
enum class Scope {
  kNamedFleet,  // that the request names
  kAnyFleet,    // of its own: the answer holds nothing of another one
  kEveryFleet,  // what is about all of them
};

struct Rule {
  Rpc rpc;
  std::string_view method;  // "wsfleet.v1.Jobs.Submit"
  Role role;
  Scope scope;
  bool changes;             // so it is audited when it is done, too
  std::string_view action;  // as the audit log calls it
};

// The one table of who may do what.
std::span<const Rule> Rules();
const Rule& RuleOf(Rpc rpc);

struct VerifiedToken;

// Who makes a call.
struct Caller {
  std::string name;  // for people
  TokenId token;     // that is stored; empty: another way to be known
  std::string digest;
  Grants grants;
  absl::Time expires = absl::InfiniteFuture();
  std::string identity = {};                                // by an issuer's word: the issuer, a space, the subject
  std::shared_ptr<const VerifiedToken> verified = nullptr;  // an issuer's; null: another way to be known
};

// Who that is, for people: "alice (ada@laptop)", the caller's name and what the client says of itself; that alone where
// no stored token and no issuer names anybody.
std::string DisplayName(const Caller& caller, const std::string& client);

// PERMISSION_DENIED: with what the caller has and what it takes. `fleet`: that the request names. Says the same whether
// or not there is a fleet of that name, to those whose it is not.
absl::Status CheckPermission(const Rule& rule, const Caller& caller, const FleetName& fleet);

}  // namespace wsfleet::coordinator
