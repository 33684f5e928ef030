#include "coordinator/rpc/identities_service.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "coordinator/identity/join_token.h"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"
#include "spdlog/spdlog.h"

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

// As the audit log names them all, while it is not known whether they are agents.
std::string Named(const v1::RevokeAgentsRequest& request) {
  std::string all;
  for (const auto& [kind, names] : {std::pair{"", &request.agents()}, {"pool ", &request.pools()}}) {
    for (const std::string& name : *names) {
      if (all.size() > AuditRecord::kMaxTextBytes) return all;
      all += fmt::format("{}{}{}", all.empty() ? "" : ", ", kind, Excerpt(name, 128));
    }
  }
  return all;
}

v1::Revocation ToWire(const store::Revocation& revocation) {
  v1::Revocation out;
  if (!revocation.instance.empty()) out.set_agent(AgentIdOf(revocation.pool, revocation.instance).value());
  out.set_pool(revocation.pool.value());
  out.set_reason(revocation.reason);
  *out.mutable_revoked() = wire::ToWire(revocation.at);
  return out;
}

}  // namespace

void IdentitiesService::Post(const UnaryCall& call, std::function<void()> task) {
  if (!identities_.PostForOperators(std::move(task))) call.FinishBusy();
}

grpc::ServerUnaryReactor* IdentitiesService::CreateJoinToken(grpc::CallbackServerContext* context,
                                                             const v1::CreateJoinTokenRequest* request,
                                                             v1::CreateJoinTokenReply* reply) {
  return Answer(
      backend_, *context, Rpc::kAgentIdentitiesCreateJoinToken, request->fleet(), "", [&](const UnaryCall& call) {
        if (!identities_.issues()) {
          return call.Finish(absl::FailedPreconditionError(
              "this coordinator enrols no agents: start it with --own-ca and --enrol-listen"));
        }
        auto token = ParseOrder(*request, call.fleet(), absl::Now());
        if (!token.ok()) return call.Finish(token.status());
        const auto text = NewJoinToken();
        if (!text.ok()) return call.Finish(text.status());
        token->id = text->id;
        token->hash = HashOf(*text);
        call.SetObject(token->id);
        Post(call, [this, call, reply, token = *std::move(token), text = text->text] {
          const absl::Status status = identities_.store().AddJoinToken(token);
          if (!status.ok()) return call.Finish(status);
          spdlog::info("join token created join_token={} fleet={}", token.id, token.fleet.value());
          reply->set_join_token(text);
          *reply->mutable_facts() = ToWire(token);
          call.Finish(absl::OkStatus(), fmt::format("region={} pool={} uses={} until {}", token.region.value(),
                                                    token.pool.value(), token.uses, UtcText(token.expires)));
        });
      });
}

grpc::ServerUnaryReactor* IdentitiesService::ListJoinTokens(grpc::CallbackServerContext* context,
                                                            const v1::ListJoinTokensRequest* request,
                                                            v1::ListJoinTokensReply* reply) {
  return Answer(backend_, *context, Rpc::kAgentIdentitiesListJoinTokens, request->fleet(), "",
                [&](const UnaryCall& call) {
                  Post(call, [this, call, reply] {
                    const auto tokens = identities_.store().ListJoinTokens(call.fleet());
                    if (!tokens.ok()) return call.Finish(tokens.status());
                    for (const store::JoinToken& token : *tokens) *reply->add_join_tokens() = ToWire(token);
                    call.Finish(absl::OkStatus());
                  });
                });
}

grpc::ServerUnaryReactor* IdentitiesService::RevokeJoinToken(grpc::CallbackServerContext* context,
                                                             const v1::RevokeJoinTokenRequest* request,
                                                             v1::RevokeJoinTokenReply*) {
  return Answer(backend_, *context, Rpc::kAgentIdentitiesRevokeJoinToken, request->fleet(), Excerpt(request->id(), 128),
                [&](const UnaryCall& call) {
                  Post(call, [this, call, id = request->id()] {
                    const absl::Status status = identities_.store().RevokeJoinToken(call.fleet(), id);
                    if (status.ok())
                      spdlog::info("join token revoked join_token={} fleet={}", id, call.fleet().value());
                    call.Finish(status);
                  });
                });
}

grpc::ServerUnaryReactor* IdentitiesService::RevokeAgents(grpc::CallbackServerContext* context,
                                                          const v1::RevokeAgentsRequest* request,
                                                          v1::RevokeAgentsReply*) {
  return Answer(backend_, *context, Rpc::kAgentIdentitiesRevokeAgents, request->fleet(), Named(*request),
                [&](const UnaryCall& call) {
                  auto parsed = ParseRevocations(*request, call.fleet(), absl::Now());
                  if (!parsed.ok()) return call.Finish(parsed.status());
                  Post(call, [this, call, undo = request->undo(), revocations = *std::move(parsed)] {
                    call.Finish(undo ? Unrevoke(call, revocations) : Revoke(call, revocations));
                  });
                });
}

absl::Status IdentitiesService::Revoke(const UnaryCall& call, const std::vector<store::Revocation>& revocations) {
  const absl::Status status = identities_.store().Revoke(revocations);
  for (const store::Revocation& each : revocations) {
    if (status.ok()) spdlog::info("agents revoked which=\"{}\" fleet={}", NameOf(each), each.fleet.value());
    call.DoneTo(NameOf(each), status, each.reason);
  }
  if (!status.ok()) return status;
  return identities_.ReadRevocations();
}

absl::Status IdentitiesService::Unrevoke(const UnaryCall& call, const std::vector<store::Revocation>& revocations) {
  absl::Status status;
  for (const store::Revocation& each : revocations) {
    status = identities_.store().Unrevoke(each.fleet, each.pool, each.instance);
    call.DoneTo(NameOf(each), status, "undone");
    if (!status.ok()) break;
    spdlog::info("agents let in again which=\"{}\" fleet={}", NameOf(each), each.fleet.value());
  }
  if (auto read = identities_.ReadRevocations(); status.ok()) status = read;
  return status;
}

grpc::ServerUnaryReactor* IdentitiesService::ListRevocations(grpc::CallbackServerContext* context,
                                                             const v1::ListRevocationsRequest* request,
                                                             v1::ListRevocationsReply* reply) {
  return Answer(backend_, *context, Rpc::kAgentIdentitiesListRevocations, request->fleet(), "",
                [&](const UnaryCall& call) {
                  Post(call, [this, call, reply] {
                    const auto revocations = identities_.store().ListRevocations();
                    if (!revocations.ok()) return call.Finish(revocations.status());
                    for (const store::Revocation& each : *revocations) {
                      if (each.fleet == call.fleet()) *reply->add_revocations() = ToWire(each);
                    }
                    call.Finish(absl::OkStatus());
                  });
                });
}

}  // namespace wsfleet::coordinator
