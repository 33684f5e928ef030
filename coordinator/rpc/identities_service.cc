#include "coordinator/rpc/identities_service.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "coordinator/identity/join_token.h"
#include "coordinator/rpc/slots.h"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kMaxRevokedAtOnce = 1000;
constexpr std::size_t kMaxReasonBytes = 256;

v1::JoinToken ToWire(const store::JoinToken& token) {
  v1::JoinToken facts;
  facts.set_id(token.id);
  facts.set_region(token.region.value());
  facts.set_pool(token.pool.value());
  facts.set_uses(token.uses);
  facts.set_used(token.used);
  *facts.mutable_created() = wire::ToWire(token.created);
  *facts.mutable_expires() = wire::ToWire(token.expires);
  facts.set_revoked(token.revoked);
  return facts;
}

absl::StatusOr<store::JoinToken> ParseOrder(const v1::CreateJoinTokenRequest& request, const FleetName& fleet,
                                            absl::Time now) {
  store::JoinToken token;
  token.fleet = fleet;
  if (!IsIdentifier(request.region())) {
    return absl::InvalidArgumentError(
        fmt::format("region: expected 1 to {} letters, digits, '.', '_' or '-', found \"{}\"", kMaxIdentifierBytes,
                    Excerpt(request.region(), 128)));
  }
  token.region = RegionName(request.region());
  token.pool = PoolName(request.pool().empty() ? request.region() : request.pool());
  if (!IsPoolName(token.pool.value())) {
    return absl::InvalidArgumentError(fmt::format("pool: expected 1 to 63 letters, digits, '_' or '-', found \"{}\"",
                                                  Excerpt(token.pool.value(), 128)));
  }
  token.uses = request.uses() == 0 ? 1 : request.uses();
  if (token.uses > IdentitiesService::kMaxUses) {
    return absl::InvalidArgumentError(
        fmt::format("uses: expected 1 to {}, found {}", IdentitiesService::kMaxUses, token.uses));
  }
  const absl::Duration ttl = request.has_ttl() ? wire::FromWire(request.ttl()) : IdentitiesService::kDefaultTtl;
  if (ttl < IdentitiesService::kMinTtl || ttl > IdentitiesService::kMaxTtl) {
    return absl::InvalidArgumentError(fmt::format("ttl: expected {} to {}, found {}",
                                                  DurationText(IdentitiesService::kMinTtl),
                                                  DurationText(IdentitiesService::kMaxTtl), DurationText(ttl)));
  }
  token.created = now;
  token.expires = now + ttl;
  return token;
}

absl::StatusOr<std::vector<store::Revocation>> ParseRevocations(const v1::RevokeAgentsRequest& request,
                                                                const FleetName& fleet, absl::Time now) {
  if (request.agents().empty() && request.pools().empty()) {
    return absl::InvalidArgumentError("expected agents or pools, found neither");
  }
  for (const auto& [field, count] : {std::pair{"agents", request.agents_size()}, {"pools", request.pools_size()}}) {
    if (auto status = wire::CheckCount(field, count, kMaxRevokedAtOnce); !status.ok()) return status;
  }
  if (auto status = wire::CheckText("reason", request.reason(), kMaxReasonBytes); !status.ok()) return status;
  std::vector<store::Revocation> revocations;
  for (const std::string& id : request.agents()) {
    const std::size_t dot = id.find('.');
    const PoolName pool(id.substr(0, dot));
    if (dot == std::string::npos || !IsPoolName(pool.value()) || !IsInstanceOf(pool, id.substr(dot + 1))) {
      return absl::InvalidArgumentError(
          fmt::format("expected an agent that was enrolled, POOL.INSTANCE, found \"{}\"", Excerpt(id, 128)));
    }
    revocations.push_back({fleet, pool, id.substr(dot + 1), request.reason(), now});
  }
  for (const std::string& pool : request.pools()) {
    if (!IsPoolName(pool)) {
      return absl::InvalidArgumentError(
          fmt::format("pool: expected 1 to 63 letters, digits, '_' or '-', found \"{}\"", Excerpt(pool, 128)));
    }
    revocations.push_back({fleet, PoolName(pool), "", request.reason(), now});
  }
  return revocations;
}

std::string NameOf(const store::Revocation& revocation) {
  return revocation.instance.empty() ? "pool " + revocation.pool.value()
                                     : AgentIdOf(revocation.pool, revocation.instance).value();
}

}  // namespace

grpc::ServerUnaryReactor* IdentitiesService::Serve(grpc::CallbackServerContext& context, const std::string& fleet,
                                                   std::function<absl::Status(const FleetName& fleet)> task) {
  auto* reactor = context.DefaultReactor();
  const auto host = Admit(backend_, context, fleet);
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  const bool posted = identities_.PostForOperators(
      [reactor, name = (*host)->name(), task = std::move(task)] { reactor->Finish(wire::ToGrpc(task(name))); });
  if (!posted) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerUnaryReactor* IdentitiesService::CreateJoinToken(grpc::CallbackServerContext* context,
                                                             const v1::CreateJoinTokenRequest* request,
                                                             v1::CreateJoinTokenReply* reply) {
  return Serve(*context, request->fleet(),
               [this, request, reply, peer = context->peer()](const FleetName& fleet) -> absl::Status {
                 if (!identities_.issues()) {
                   return absl::FailedPreconditionError(
                       "this coordinator enrols no agents: start it with --own-ca and --enrol-listen");
                 }
                 auto token = ParseOrder(*request, fleet, absl::Now());
                 if (!token.ok()) return token.status();
                 const auto text = NewJoinToken();
                 if (!text.ok()) return text.status();
                 token->id = text->id;
                 token->hash = HashOf(*text);
                 const absl::Status status = identities_.store().AddJoinToken(*token);
                 events_.Record({"join-token.create", fleet, peer, token->id,
                                 fmt::format("region={} pool={} uses={} expires={}", token->region.value(),
                                             token->pool.value(), token->uses, UtcText(token->expires)),
                                 status});
                 if (!status.ok()) return status;
                 reply->set_join_token(text->text);
                 *reply->mutable_facts() = ToWire(*token);
                 return absl::OkStatus();
               });
}

grpc::ServerUnaryReactor* IdentitiesService::ListJoinTokens(grpc::CallbackServerContext* context,
                                                            const v1::ListJoinTokensRequest* request,
                                                            v1::ListJoinTokensReply* reply) {
  return Serve(*context, request->fleet(), [this, reply](const FleetName& fleet) {
    const auto tokens = identities_.store().ListJoinTokens(fleet);
    if (!tokens.ok()) return tokens.status();
    for (const store::JoinToken& token : *tokens) *reply->add_join_tokens() = ToWire(token);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* IdentitiesService::RevokeJoinToken(grpc::CallbackServerContext* context,
                                                             const v1::RevokeJoinTokenRequest* request,
                                                             v1::RevokeJoinTokenReply*) {
  return Serve(*context, request->fleet(), [this, request, peer = context->peer()](const FleetName& fleet) {
    absl::Status status = identities_.store().RevokeJoinToken(fleet, request->id());
    events_.Record({"join-token.revoke", fleet, peer, Excerpt(request->id(), 128), "", status});
    return status;
  });
}

grpc::ServerUnaryReactor* IdentitiesService::RevokeAgents(grpc::CallbackServerContext* context,
                                                          const v1::RevokeAgentsRequest* request,
                                                          v1::RevokeAgentsReply*) {
  return Serve(*context, request->fleet(), [this, request, peer = context->peer()](const FleetName& fleet) {
    const auto revocations = ParseRevocations(*request, fleet, absl::Now());
    if (!revocations.ok()) return revocations.status();
    absl::Status status;
    if (!request->undo()) status = identities_.store().Revoke(*revocations);
    for (const store::Revocation& each : *revocations) {
      if (request->undo() && status.ok()) status = identities_.store().Unrevoke(fleet, each.pool, each.instance);
      events_.Record({request->undo() ? "agent.revoke.undo" : "agent.revoke", fleet, peer, NameOf(each),
                      Excerpt(each.reason, 512), status});
    }
    if (auto read = identities_.ReadRevocations(); status.ok()) status = read;
    return status;
  });
}

grpc::ServerUnaryReactor* IdentitiesService::ListRevocations(grpc::CallbackServerContext* context,
                                                             const v1::ListRevocationsRequest* request,
                                                             v1::ListRevocationsReply* reply) {
  return Serve(*context, request->fleet(), [this, reply](const FleetName& fleet) {
    const auto revocations = identities_.store().ListRevocations();
    if (!revocations.ok()) return revocations.status();
    for (const store::Revocation& each : *revocations) {
      if (each.fleet != fleet) continue;
      v1::Revocation& out = *reply->add_revocations();
      if (!each.instance.empty()) out.set_agent(AgentIdOf(each.pool, each.instance).value());
      out.set_pool(each.pool.value());
      out.set_reason(each.reason);
      *out.mutable_revoked() = wire::ToWire(each.at);
    }
    return absl::OkStatus();
  });
}

}  // namespace wsfleet::coordinator
