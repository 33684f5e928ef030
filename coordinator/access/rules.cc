#include "coordinator/access/rules.h"

#include <array>
#include <cstddef>
#include <optional>

#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

// In the order of Rpc.
constexpr std::array<Rule, 35> kRules{{
    {Rpc::kJobsSubmit, "wsfleet.v1.Jobs.Submit", Role::kRunner, Scope::kNamedFleet, true, "runs.submit"},
    {Rpc::kJobsGet, "wsfleet.v1.Jobs.Get", Role::kViewer, Scope::kNamedFleet, false, "runs.get"},
    {Rpc::kJobsList, "wsfleet.v1.Jobs.List", Role::kViewer, Scope::kNamedFleet, false, "runs.list"},
    {Rpc::kJobsCancel, "wsfleet.v1.Jobs.Cancel", Role::kRunner, Scope::kNamedFleet, true, "runs.cancel"},
    {Rpc::kJobsWatch, "wsfleet.v1.Jobs.Watch", Role::kViewer, Scope::kNamedFleet, false, "runs.watch"},
    {Rpc::kJobsResults, "wsfleet.v1.Jobs.Results", Role::kViewer, Scope::kNamedFleet, false, "runs.results"},
    {Rpc::kJobsBundle, "wsfleet.v1.Jobs.Bundle", Role::kViewer, Scope::kNamedFleet, false, "runs.bundle"},
    {Rpc::kFleetsListAgents, "wsfleet.v1.Fleets.ListAgents", Role::kViewer, Scope::kNamedFleet, false, "agents.list"},
    {Rpc::kFleetsGetAgent, "wsfleet.v1.Fleets.GetAgent", Role::kViewer, Scope::kNamedFleet, false, "agents.get"},
    {Rpc::kFleetsDrainAgents, "wsfleet.v1.Fleets.DrainAgents", Role::kOperator, Scope::kNamedFleet, true,
     "agents.drain"},
    {Rpc::kFleetsCreateFleet, "wsfleet.v1.Fleets.CreateFleet", Role::kAdmin, Scope::kEveryFleet, true, "fleet.create"},
    {Rpc::kFleetsListFleets, "wsfleet.v1.Fleets.ListFleets", Role::kViewer, Scope::kAnyFleet, false, "fleet.list"},
    // Whoever sees that a fleet does harm stops it at once: it costs runs and nothing else. That it may go on is for
    // those to say who answer for the fleet.
    {Rpc::kFleetsStopFleet, "wsfleet.v1.Fleets.StopFleet", Role::kOperator, Scope::kNamedFleet, true, "fleet.stop"},
    {Rpc::kFleetsResumeFleet, "wsfleet.v1.Fleets.ResumeFleet", Role::kAdmin, Scope::kNamedFleet, true, "fleet.resume"},
    {Rpc::kFleetsVersion, "wsfleet.v1.Fleets.Version", Role::kViewer, Scope::kAnyFleet, false, "version"},
    {Rpc::kFleetsGetPolicy, "wsfleet.v1.Fleets.GetPolicy", Role::kViewer, Scope::kNamedFleet, false,
     "fleet.policy.get"},
    {Rpc::kFleetsSetPolicy, "wsfleet.v1.Fleets.SetPolicy", Role::kAdmin, Scope::kNamedFleet, true, "fleet.policy.set"},
    {Rpc::kSchedulesApply, "wsfleet.v1.Schedules.Apply", Role::kOperator, Scope::kNamedFleet, true, "schedules.apply"},
    {Rpc::kSchedulesGet, "wsfleet.v1.Schedules.Get", Role::kViewer, Scope::kNamedFleet, false, "schedules.get"},
    {Rpc::kSchedulesList, "wsfleet.v1.Schedules.List", Role::kViewer, Scope::kNamedFleet, false, "schedules.list"},
    {Rpc::kSchedulesBundle, "wsfleet.v1.Schedules.Bundle", Role::kViewer, Scope::kNamedFleet, false,
     "schedules.bundle"},
    {Rpc::kSchedulesPause, "wsfleet.v1.Schedules.Pause", Role::kOperator, Scope::kNamedFleet, true, "schedules.pause"},
    {Rpc::kSchedulesResume, "wsfleet.v1.Schedules.Resume", Role::kOperator, Scope::kNamedFleet, true,
     "schedules.resume"},
    {Rpc::kSchedulesTrigger, "wsfleet.v1.Schedules.Trigger", Role::kRunner, Scope::kNamedFleet, true,
     "schedules.trigger"},
    {Rpc::kSchedulesDelete, "wsfleet.v1.Schedules.Delete", Role::kOperator, Scope::kNamedFleet, true,
     "schedules.delete"},
    {Rpc::kTokensCreate, "wsfleet.v1.Tokens.Create", Role::kAdmin, Scope::kNamedFleet, true, "tokens.create"},
    {Rpc::kTokensList, "wsfleet.v1.Tokens.List", Role::kAdmin, Scope::kNamedFleet, false, "tokens.list"},
    {Rpc::kTokensRevoke, "wsfleet.v1.Tokens.Revoke", Role::kAdmin, Scope::kNamedFleet, true, "tokens.revoke"},
    {Rpc::kTokensWhoAmI, "wsfleet.v1.Tokens.WhoAmI", Role::kViewer, Scope::kAnyFleet, false, "whoami"},
    {Rpc::kAuditList, "wsfleet.v1.Audit.List", Role::kAdmin, Scope::kNamedFleet, false, "audit"},
    {Rpc::kAgentIdentitiesCreateJoinToken, "wsfleet.v1.AgentIdentities.CreateJoinToken", Role::kAdmin,
     Scope::kNamedFleet, true, "agents.join-token.create"},
    {Rpc::kAgentIdentitiesListJoinTokens, "wsfleet.v1.AgentIdentities.ListJoinTokens", Role::kOperator,
     Scope::kNamedFleet, false, "agents.join-token.list"},
    {Rpc::kAgentIdentitiesRevokeJoinToken, "wsfleet.v1.AgentIdentities.RevokeJoinToken", Role::kAdmin,
     Scope::kNamedFleet, true, "agents.join-token.revoke"},
    {Rpc::kAgentIdentitiesRevokeAgents, "wsfleet.v1.AgentIdentities.RevokeAgents", Role::kAdmin, Scope::kNamedFleet,
     true, "agents.revoke"},
    {Rpc::kAgentIdentitiesListRevocations, "wsfleet.v1.AgentIdentities.ListRevocations", Role::kOperator,
     Scope::kNamedFleet, false, "agents.revoked"},
}};

constexpr bool AreInOrder() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (kRules[i].rpc != static_cast<Rpc>(i)) return false;
  }
  return true;
}
static_assert(AreInOrder());

// What the caller has where the rule asks for a role.
std::optional<Role> RoleFor(const Rule& rule, const Grants& grants, const FleetName& fleet) {
  switch (rule.scope) {
    case Scope::kNamedFleet:
      return grants.In(fleet);
    case Scope::kAnyFleet:
      return grants.Highest();
    case Scope::kEveryFleet:
      return grants.InEvery();
  }
  return std::nullopt;
}

}  // namespace

std::span<const Rule> Rules() { return kRules; }
const Rule& RuleOf(Rpc rpc) { return kRules.at(static_cast<std::size_t>(rpc)); }

std::string DisplayName(const Caller& caller, const std::string& client) {
  if (caller.token.empty() && caller.identity.empty()) return client;
  return client.empty() ? caller.name : fmt::format("{} ({})", caller.name, client);
}

absl::Status CheckPermission(const Rule& rule, const Caller& caller, const FleetName& fleet) {
  const std::optional<Role> role = RoleFor(rule, caller.grants, fleet);
  if (role && *role >= rule.role) return absl::OkStatus();
  // Clients ask what version they speak with before anything else.
  const std::string needs = rule.rpc == Rpc::kFleetsVersion
                                ? std::string("every call needs a role in a fleet")
                                : fmt::format("{} needs the role {}", rule.action, RoleName(rule.role));
  const std::string has = fmt::format("\"{}\" has {}", caller.name, caller.grants.Text());
  if (caller.grants.empty()) {
    return absl::PermissionDeniedError(fmt::format(
        "{}, and {}; the groups of their token have none in the coordinator's file of issuers (--oidc)", needs, has));
  }
  if (rule.scope == Scope::kEveryFleet && !role) {
    return absl::PermissionDeniedError(
        fmt::format("{} in every fleet, as the coordinator's own token has it, and {}", needs, has));
  }
  if (rule.scope == Scope::kNamedFleet && !role) {
    return absl::PermissionDeniedError(
        fmt::format("{} in fleet \"{}\", and {}; use --fleet {}, or a token of that fleet", needs, fleet.value(), has,
                    caller.grants.fleets().begin()->first.value()));
  }
  return absl::PermissionDeniedError(
      fmt::format("{}, and {}; an admin of the fleet makes others with `wsfleet tokens create`", needs, has));
}

}  // namespace wsfleet::coordinator
