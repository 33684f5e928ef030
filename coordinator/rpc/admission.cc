#include "coordinator/rpc/admission.h"

#include <string_view>

#include "absl/time/clock.h"
#include "core/base/credential_text.h"
#include "core/base/text.h"
#include "core/verdict/jwt_text.h"

namespace wsfleet::coordinator {
namespace {

std::string_view AuthorizationOf(const grpc::CallbackServerContext& context) {
  const auto found = context.client_metadata().find("authorization");
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

AuditRecord RecordOf(const Rule& rule, const Caller& caller, const FleetName& fleet, std::string peer,
                     std::string object) {
  AuditRecord record;
  record.at = absl::Now();
  record.fleet = fleet;
  record.principal = caller.name;
  record.identity = caller.identity;
  record.token = caller.token;
  record.peer = std::move(peer);
  record.action = std::string(rule.action);
  record.object = std::move(object);
  return record;
}

// Its first line, since what follows quotes a suite, and without credentials that it quotes itself.
std::string WhyNot(const absl::Status& status) {
  const std::string_view message = ToStd(status.message());
  const std::size_t end = message.find('\n');
  std::string why = Printable(ShowJwts(WithoutCredentials(message.substr(0, end))));
  if (end != std::string_view::npos) why += " …";
  return why;
}

void TakeDown(const absl::Status& status, AuditRecord& record) {
  const bool denied = absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status);
  record.outcome = denied ? AuditOutcome::kDenied : AuditOutcome::kFailed;
  record.detail = WhyNot(status);
  if (!denied) record.detail.insert(0, absl::StatusCodeToString(status.code()) + ": ");
}

// A name that no fleet has may be anything.
FleetName KnownFleet(Backend& backend, const std::string& fleet) {
  const auto host = backend.fleets.Find(fleet);
  return host.ok() ? (*host)->name() : FleetName();
}

}  // namespace

void Admission::Done(const absl::Status& status, std::string detail, Effect effect) const {
  if (!shared_->rule.changes || shared_->audited) return;
  DoneTo(shared_->object, status, std::move(detail), effect);
}

void Admission::DoneTo(std::string object, const absl::Status& status, std::string detail, Effect effect) const {
  Shared& call = *shared_;
  call.audited = true;
  AuditRecord record = RecordOf(call.rule, call.caller, call.host->name(), call.peer, std::move(object));
  record.detail = std::move(detail);
  record.changed = effect == Effect::kChange;
  if (!status.ok()) TakeDown(status, record);
  call.backend.audit.Add(std::move(record));
}

absl::Status Admission::Recheck() const {
  const auto caller = shared_->backend.tokens.Recheck(shared_->caller);
  if (!caller.ok()) return caller.status();
  return CheckPermission(shared_->rule, *caller, shared_->host->name());
}

absl::StatusOr<Caller> Identify(Backend& backend, const grpc::CallbackServerContext& context, Rpc rpc) {
  auto caller = backend.tokens.Find(AuthorizationOf(context));
  if (absl::IsUnauthenticated(caller.status())) {
    AuditRecord record = RecordOf(RuleOf(rpc), {}, {}, context.peer(), "");
    TakeDown(caller.status(), record);
    backend.audit.Add(std::move(record));
  }
  return caller;
}

absl::StatusOr<Admission> Admit(Backend& backend, const grpc::CallbackServerContext& context, Rpc rpc,
                                const Caller& caller, const std::string& fleet, std::string object) {
  const Rule& rule = RuleOf(rpc);
  const FleetName named = fleet.empty() ? backend.fleets.usual() : FleetName(fleet);
  if (auto status = CheckPermission(rule, caller, named); !status.ok()) {
    const auto& own = caller.grants.fleets();
    const FleetName of_caller = own.size() == 1 ? own.begin()->first : FleetName();
    const FleetName about = rule.scope == Scope::kNamedFleet ? KnownFleet(backend, fleet) : of_caller;
    AuditRecord record = RecordOf(rule, caller, about, context.peer(), std::move(object));
    TakeDown(status, record);
    backend.audit.Add(std::move(record));
    return status;
  }
  const auto host = backend.fleets.Find(fleet);
  if (!host.ok()) return host.status();
  if (rule.changes) {
    const auto room = backend.audit.CheckRoom(RecordOf(rule, caller, (*host)->name(), context.peer(), ""));
    if (!room.ok()) return room;
  }
  return Admission(std::make_shared<Admission::Shared>(
      Admission::Shared{backend, rule, caller, context.peer(), *host, std::move(object)}));
}

absl::StatusOr<Admission> Admit(Backend& backend, const grpc::CallbackServerContext& context, Rpc rpc,
                                const std::string& fleet, std::string object) {
  const auto caller = Identify(backend, context, rpc);
  if (!caller.ok()) return caller.status();
  return Admit(backend, context, rpc, *caller, fleet, std::move(object));
}

}  // namespace wsfleet::coordinator
