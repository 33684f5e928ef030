#include "cli/run/access.h"

#include <algorithm>
#include <iterator>

#include "proto/wire/convert.h"
#include "proto/wire/convert_access.h"

namespace wsfleet::cli {
namespace {

constexpr std::uint32_t kMaxAccessPage = 500;

}  // namespace

absl::StatusOr<v1::WhoAmIReply> WhoAmI(CoordinatorClient& client) {
  v1::WhoAmIReply reply;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    return client.tokens().WhoAmI(&context, v1::WhoAmIRequest(), &reply);
  });
  if (!status.ok()) return status;
  return reply;
}

bool HasRole(const v1::WhoAmIReply& who, v1::Role role, const std::string& fleet) {
  const auto holds = [&](const std::string& where, v1::Role what) {
    return (where.empty() || where == fleet) && what >= role;
  };
  // A coordinator of before there could be several roles names one.
  if (who.roles().empty()) return holds(who.fleet(), who.role());
  return std::ranges::any_of(who.roles(), [&](const v1::FleetRole& each) { return holds(each.fleet(), each.role()); });
}

absl::StatusOr<v1::CreateTokenReply> CreateToken(CoordinatorClient& client, const std::string& name, Role role,
                                                 absl::Duration ttl) {
  v1::CreateTokenRequest request;
  request.set_fleet(client.fleet());
  request.set_name(name);
  request.set_role(wire::ToWire(role));
  *request.mutable_ttl() = wire::ToWire(ttl);
  v1::CreateTokenReply reply;
  // The second of two would say that there is one already, and the first token would be lost.
  const absl::Status status = client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.tokens().Create(&context, request, &reply); },
      CoordinatorClient::Repetition::kIfNotTaken);
  if (!status.ok()) return status;
  return reply;
}

absl::StatusOr<std::vector<v1::Token>> ListTokens(CoordinatorClient& client) {
  std::vector<v1::Token> tokens;
  v1::ListTokensRequest request;
  request.set_fleet(client.fleet());
  request.set_page_size(kMaxAccessPage);
  do {
    v1::ListTokensReply reply;
    const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
      reply.Clear();
      return client.tokens().List(&context, request, &reply);
    });
    if (!status.ok()) return status;
    std::ranges::move(*reply.mutable_tokens(), std::back_inserter(tokens));
    request.set_page_token(reply.next_page_token());
  } while (!request.page_token().empty());
  return tokens;
}

absl::StatusOr<v1::Token> RevokeToken(CoordinatorClient& client, const std::string& id_or_name) {
  v1::RevokeTokenRequest request;
  request.set_fleet(client.fleet());
  request.set_token(id_or_name);
  v1::Token reply;
  const absl::Status status = client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.tokens().Revoke(&context, request, &reply); });
  if (!status.ok()) return status;
  return reply;
}

absl::StatusOr<std::vector<v1::AuditEntry>> ListAudit(CoordinatorClient& client, const AuditQuestion& question) {
  std::vector<v1::AuditEntry> entries;
  v1::ListAuditRequest request;
  request.set_fleet(client.fleet());
  request.set_every_fleet(question.every_fleet);
  if (question.since != absl::InfinitePast()) *request.mutable_since() = wire::ToWire(question.since);
  do {
    request.set_page_size(
        std::min<std::uint32_t>(kMaxAccessPage, question.limit - static_cast<std::uint32_t>(entries.size())));
    v1::ListAuditReply reply;
    const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
      reply.Clear();
      return client.audit().List(&context, request, &reply);
    });
    if (!status.ok()) return status;
    std::ranges::move(*reply.mutable_entries(), std::back_inserter(entries));
    request.set_page_token(reply.next_page_token());
  } while (!request.page_token().empty() && entries.size() < question.limit);
  return entries;
}

}  // namespace wsfleet::cli
