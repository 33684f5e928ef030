#include "coordinator/rpc/access_service.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/time/clock.h"
#include "coordinator/secret_text.h"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/convert_access.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::uint32_t kDefaultPage = 100;
constexpr std::uint32_t kMaxPage = 500;
constexpr absl::Duration kDefaultTtl = absl::Hours(24 * 90);
constexpr absl::Duration kMinTtl = absl::Minutes(1);
constexpr absl::Duration kMaxTtl = absl::Hours(24 * 366);

std::uint32_t PageSize(std::uint32_t asked) { return asked == 0 ? kDefaultPage : std::min(asked, kMaxPage); }

absl::StatusOr<TokenRecord> NewRecord(const v1::CreateTokenRequest& request, const UnaryCall& call) {
  if (!IsIdentifier(request.name())) {
    return absl::InvalidArgumentError(
        fmt::format("name: expected 1 to {} letters, digits, '.', '_' or '-'", kMaxIdentifierBytes));
  }
  const auto role = wire::FromWire(request.role());
  if (!role.ok()) return role.status();
  const absl::Duration ttl = request.has_ttl() ? wire::FromWire(request.ttl()) : kDefaultTtl;
  if (ttl < kMinTtl || ttl > kMaxTtl) {
    return absl::InvalidArgumentError(
        fmt::format("ttl: expected a duration from 1m to 366d, found {}", DurationText(ttl)));
  }
  TokenRecord token;
  const auto random = RandomBytes(sizeof(std::uint64_t));
  if (!random.ok()) return random.status();
  std::uint64_t number = 0;
  std::memcpy(&number, random->data(), sizeof number);
  token.id = TokenIdOf(number);
  token.name = request.name();
  token.fleet = call.fleet();
  token.role = *role;
  token.created_by = call.caller().name;
  token.created = absl::Now();
  token.expires = token.created + ttl;
  return token;
}

// `fleet` and `role` are one of the highest: all that a client of before there were several looks at.
void SetGrants(const Grants& grants, v1::WhoAmIReply& reply) {
  const auto add = [&](const std::string& fleet, Role role) {
    v1::FleetRole& grant = *reply.add_roles();
    grant.set_fleet(fleet);
    grant.set_role(wire::ToWire(role));
    if (reply.roles_size() > 1 && role != grants.Highest()) return;
    reply.set_fleet(fleet);
    reply.set_role(wire::ToWire(role));
  };
  for (const auto& [fleet, role] : grants.fleets()) add(fleet.value(), role);
  if (grants.InEvery()) add("", *grants.InEvery());
}

std::string Named(const TokenRecord& token) { return fmt::format("{} {}", token.id.value(), token.name); }

}  // namespace

void TokensService::Reload() {
  // If it fails, the registry tries again within a second, and says so itself.
  if (const auto status = backend_.tokens.Reload(); !status.ok()) {
    spdlog::warn("tokens not read after a change reason=\"{}\"", ToStd(status.message()));
  }
}

grpc::ServerUnaryReactor* TokensService::Create(grpc::CallbackServerContext* context,
                                                const v1::CreateTokenRequest* request, v1::CreateTokenReply* reply) {
  return Answer(backend_, *context, Rpc::kTokensCreate, request->fleet(), request->name(), [&](const UnaryCall& call) {
    auto token = NewRecord(*request, call);
    if (!token.ok()) return call.Finish(token.status());
    const bool taken = call.host().store_thread().Run([this, call, reply, record = *std::move(token)]() mutable {
      auto made = MakeToken();
      if (!made.ok()) return call.Finish(made.status());
      record.digest = std::move(made->digest);
      if (const auto status = backend_.token_store.CreateToken(record); !status.ok()) return call.Finish(status);
      Reload();
      spdlog::info("token created token={} name={} fleet={} role={}", record.id.value(), record.name,
                   record.fleet.value(), RoleName(record.role));
      *reply->mutable_token() = wire::ToWire(record);
      reply->set_secret(std::move(made->secret));
      call.SetObject(Named(record));
      call.Finish(absl::OkStatus(), fmt::format("{} until {}", RoleName(record.role), UtcText(record.expires)));
    });
    if (!taken) call.FinishBusy();
  });
}

grpc::ServerUnaryReactor* TokensService::List(grpc::CallbackServerContext* context,
                                              const v1::ListTokensRequest* request, v1::ListTokensReply* reply) {
  const std::uint32_t size = PageSize(request->page_size());
  return Answer(backend_, *context, Rpc::kTokensList, request->fleet(), "", [&](const UnaryCall& call) {
    const bool posted = backend_.readers.Post([this, call, reply, size, after = TokenId(request->page_token())] {
      const auto tokens = backend_.token_store.ListTokens(call.fleet(), size, after);
      if (!tokens.ok()) return call.Finish(tokens.status());
      for (const TokenRecord& token : *tokens) *reply->add_tokens() = wire::ToWire(token);
      if (tokens->size() == size) reply->set_next_page_token(tokens->back().id.value());
      call.Finish(absl::OkStatus());
    });
    if (!posted) call.FinishBusy();
  });
}

grpc::ServerUnaryReactor* TokensService::Revoke(grpc::CallbackServerContext* context,
                                                const v1::RevokeTokenRequest* request, v1::Token* reply) {
  return Answer(backend_, *context, Rpc::kTokensRevoke, request->fleet(), request->token(), [&](const UnaryCall& call) {
    const bool taken = call.host().store_thread().Run([this, call, reply, which = request->token()] {
      const auto token = backend_.token_store.RevokeToken(call.fleet(), which, absl::Now());
      if (!token.ok()) return call.Finish(token.status());
      Reload();
      spdlog::info("token revoked token={} name={} fleet={}", token->id.value(), token->name, token->fleet.value());
      *reply = wire::ToWire(*token);
      call.SetObject(Named(*token));
      call.Finish(absl::OkStatus());
    });
    if (!taken) call.FinishBusy();
  });
}

grpc::ServerUnaryReactor* TokensService::WhoAmI(grpc::CallbackServerContext* context, const v1::WhoAmIRequest*,
                                                v1::WhoAmIReply* reply) {
  return Answer(backend_, *context, Rpc::kTokensWhoAmI, "", "", [&](const UnaryCall& call) {
    const Caller& caller = call.caller();
    reply->set_name(caller.name);
    reply->set_token(caller.token.value());
    SetGrants(caller.grants, *reply);
    reply->set_identity(caller.identity);
    if (caller.expires != absl::InfiniteFuture()) *reply->mutable_expires() = wire::ToWire(caller.expires);
    call.Finish(absl::OkStatus());
  });
}

grpc::ServerUnaryReactor* AuditService::List(grpc::CallbackServerContext* context, const v1::ListAuditRequest* request,
                                             v1::ListAuditReply* reply) {
  return Answer(backend_, *context, Rpc::kAuditList, request->fleet(), "", [&](const UnaryCall& call) {
    store::AuditStore::Query query;
    query.limit = PageSize(request->page_size());
    if (request->has_since()) query.since = wire::FromWire(request->since());
    if (!request->every_fleet()) query.fleet = call.fleet();
    if (request->every_fleet() && call.caller().grants.InEvery() != Role::kAdmin) {
      return call.Finish(absl::PermissionDeniedError(fmt::format(
          "every_fleet needs the role admin in every fleet, as the coordinator's own token has it, and \"{}\" has "
          "{}",
          call.caller().name, call.caller().grants.Text())));
    }
    const std::string& token = request->page_token();
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), query.before);
    if (!token.empty() && (error != std::errc() || end != token.data() + token.size())) {
      return call.Finish(absl::InvalidArgumentError("page_token: expected that of the reply before"));
    }
    const bool posted = backend_.readers.Post([this, call, reply, query] {
      const auto records = backend_.audit_store.ListAudit(query);
      if (!records.ok()) return call.Finish(records.status());
      for (const AuditRecord& record : *records) *reply->add_entries() = wire::ToWire(record);
      if (records->size() == query.limit) reply->set_next_page_token(std::to_string(records->back().number));
      call.Finish(absl::OkStatus());
    });
    if (!posted) call.FinishBusy();
  });
}

}  // namespace wsfleet::coordinator
