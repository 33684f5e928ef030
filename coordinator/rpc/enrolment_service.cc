#include "coordinator/rpc/enrolment_service.h"

#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "coordinator/identity/join_token.h"
#include "coordinator/rpc/slots.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kMaxEnrolLabels = 64;

void Answer(const absl::StatusOr<Identities::Grant>& grant, v1::EnrolReply& reply, grpc::ServerUnaryReactor& reactor) {
  if (grant.ok()) {
    reply.set_certificate_chain(grant->chain);
    reply.set_trusted(grant->trusted);
    *reply.mutable_expires() = wire::ToWire(grant->expires);
  }
  reactor.Finish(wire::ToGrpc(grant.status()));
}

std::string DetailsOf(const v1::EnrolRequest& request) {
  // The id of a token is no secret. What is none may be one that was meant for something else.
  const auto token = ParseJoinToken(request.join_token());
  std::string details = fmt::format("join_token={} region={}", token.ok() ? token->id : "malformed",
                                    Excerpt(request.region(), wire::kMaxNameBytes));
  for (const auto& [name, value] : request.labels()) {
    details += fmt::format(" {}={}", Excerpt(name, 64), Excerpt(value, 64));
  }
  return Excerpt(details, 1024);
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
    const auto grant = identities_.Enrol(order, absl::Now());
    events_.Record(
        {"agent.enrol", order.fleet, peer,
         grant.ok() ? AgentIdOf(grant->name.pool, grant->name.instance).value() : Excerpt(order.instance, 128),
         DetailsOf(*request), grant.status()});
    Answer(grant, *reply, *reactor);
  });
  if (!posted) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerUnaryReactor* RenewalService::Renew(grpc::CallbackServerContext* context, const v1::RenewRequest* request,
                                                v1::EnrolReply* reply) {
  auto* reactor = context->DefaultReactor();
  const auto name = gate_.NameOf(*context);
  absl::Status refusal = name.status();
  if (refusal.ok() && (!*name || (*name)->instance.empty())) {
    refusal = absl::PermissionDeniedError(
        "the agent's certificate names no single agent, so nothing is renewed here; its issuer gives the next one");
  }
  if (!refusal.ok()) {
    reactor->Finish(wire::ToGrpc(refusal));
    return reactor;
  }
  const bool posted = identities_.PostForAgents([this, reactor, request, reply, name = **name, peer = context->peer()] {
    const auto grant = identities_.Renew(request->request(), name, absl::Now());
    events_.Record({"agent.renew", name.fleet, peer, AgentIdOf(name.pool, name.instance).value(), "", grant.status()});
    Answer(grant, *reply, *reactor);
  });
  if (!posted) reactor->Finish(Busy());
  return reactor;
}

}  // namespace wsfleet::coordinator
