#include "coordinator/rpc/enrolment_service.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "coordinator/access/agent_record.h"
#include "coordinator/clock.h"
#include "coordinator/identity/join_token.h"
#include "coordinator/rpc/slots.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kMaxEnrolLabels = 64;

void Hand(const absl::StatusOr<Identities::Grant>& grant, v1::EnrolReply& reply, grpc::ServerUnaryReactor& reactor) {
  if (grant.ok()) {
    reply.set_certificate_chain(grant->chain);
    reply.set_trusted(grant->trusted);
    *reply.mutable_expires() = wire::ToWire(grant->expires);
  }
  reactor.Finish(wire::ToGrpc(grant.status()));
}

// The id of a token is no secret. What is none may be one that was meant for something else.
std::string TokenOf(const v1::EnrolRequest& request) {
  const auto token = ParseJoinToken(request.join_token());
  return token.ok() ? token->id : "malformed";
}

std::string DetailsOf(const v1::EnrolRequest& request) {
  std::string details = fmt::format("region={}", Excerpt(request.region(), wire::kMaxNameBytes));
  for (const auto& [name, value] : request.labels()) {
    if (details.size() > AuditRecord::kMaxTextBytes) break;
    details += fmt::format(" {}={}", Excerpt(name, 64), Excerpt(value, 64));
  }
  return details;
}

void LogAttempt(const AgentAttempt& attempt, LogLimit& refusals) {
  const bool granted = attempt.outcome.ok();
  const auto left_out = granted ? std::optional<std::size_t>(0) : refusals.Take(SteadyNow());
  if (!left_out) return;
  spdlog::log(granted ? spdlog::level::info : spdlog::level::warn,
              "{} agent={} fleet={} join_token={} peer={} details=\"{}\" code={} reason=\"{}\"{}", attempt.action,
              Printable(attempt.agent), Printable(attempt.fleet.value()), attempt.join_token, attempt.peer,
              Printable(attempt.detail), absl::StatusCodeToString(attempt.outcome.code()),
              Printable(ToStd(attempt.outcome.message())),
              *left_out == 0 ? "" : fmt::format(" left_out={}", *left_out));
}

// Who is outside may name any fleet; the log of one that there is not is nobody's.
FleetName FleetInLog(Backend& backend, const FleetName& named) {
  return backend.fleets.Find(named.value()).ok() ? named : FleetName();
}

// UNAVAILABLE: it would not be taken down if it went well. An agent tries again.
absl::Status CheckRoom(Backend& backend, AgentAttempt attempt) {
  attempt.fleet = FleetInLog(backend, attempt.fleet);
  const auto room = backend.audit.CheckRoom(*RecordOf(attempt, absl::Now()));
  return room.ok() ? room : absl::UnavailableError(room.message());
}

void TakeDown(Backend& backend, LogLimit& refusals, AgentAttempt attempt) {
  LogAttempt(attempt, refusals);
  attempt.fleet = FleetInLog(backend, attempt.fleet);
  if (auto record = RecordOf(attempt, absl::Now())) backend.audit.Add(*std::move(record));
}

}  // namespace

grpc::ServerUnaryReactor* EnrolmentService::Enrol(grpc::CallbackServerContext* context, const v1::EnrolRequest* request,
                                                  v1::EnrolReply* reply) {
  auto* reactor = context->DefaultReactor();
  const absl::Status refusal = wire::CheckCount("labels", static_cast<int>(request->labels().size()), kMaxEnrolLabels);
  if (!refusal.ok()) {
    reactor->Finish(wire::ToGrpc(refusal));
    return reactor;
  }
  const bool posted = identities_.PostForAgents([this, reactor, request, reply, peer = context->peer()] {
    const Identities::Order order{request->join_token(), request->request(), request->instance(),
                                  FleetName(request->fleet()), RegionName(request->region())};
    AgentAttempt attempt{.action = "agents.enrol",
                         .fleet = FleetName(Excerpt(request->fleet(), wire::kMaxNameBytes)),
                         .peer = peer,
                         .agent = Excerpt(order.instance, 128),
                         .join_token = TokenOf(*request),
                         .detail = DetailsOf(*request),
                         .outcome = {}};
    if (const auto room = CheckRoom(backend_, attempt); !room.ok()) {
      reactor->Finish(wire::ToGrpc(room));
      return;
    }
    const auto grant = identities_.Enrol(order, absl::Now());
    attempt.outcome = grant.status();
    attempt.changed = grant.ok() && grant->is_new;
    if (grant.ok()) attempt.agent = AgentIdOf(grant->name.pool, grant->name.instance).value();
    TakeDown(backend_, refusals_, std::move(attempt));
    Hand(grant, *reply, *reactor);
  });
  if (!posted) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerUnaryReactor* RenewalService::Renew(grpc::CallbackServerContext* context, const v1::RenewRequest* request,
                                                v1::EnrolReply* reply) {
  auto* reactor = context->DefaultReactor();
  const auto proof = gate_.ProofOf(*context);
  absl::Status refusal = proof.status();
  if (refusal.ok() && (!proof->name || proof->name->instance.empty())) {
    refusal = absl::PermissionDeniedError(
        "the agent's certificate names no single agent, so nothing is renewed here; its issuer gives the next one");
  }
  if (refusal.ok()) refusal = gate_.CheckExpiry(*proof, absl::Now());
  if (!refusal.ok()) {
    reactor->Finish(wire::ToGrpc(refusal));
    return reactor;
  }
  const bool posted =
      identities_.PostForAgents([this, reactor, request, reply, proof = *proof, peer = context->peer()] {
        const AgentName& name = *proof.name;
        const auto grant = identities_.Renew(request->request(), {name, proof.key, proof.certificate}, absl::Now());
        const AgentAttempt attempt{.action = "agents.renew",
                                   .fleet = name.fleet,
                                   .peer = peer,
                                   .agent = AgentIdOf(name.pool, name.instance).value(),
                                   .join_token = "",
                                   .detail = "",
                                   .outcome = grant.status()};
        if (grant.ok()) {
          gate_.NoteRenewed(proof, grant->expires, absl::Now());
          // Every agent does, all the time: it is no change of who may be one.
          spdlog::info("agent renewed agent={} fleet={} expires={}", attempt.agent, name.fleet.value(),
                       UtcText(grant->expires));
        } else {
          TakeDown(backend_, refusals_, attempt);
        }
        Hand(grant, *reply, *reactor);
      });
  if (!posted) reactor->Finish(Busy());
  return reactor;
}

}  // namespace wsfleet::coordinator
