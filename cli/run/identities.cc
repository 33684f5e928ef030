#include "cli/run/identities.h"

#include "proto/wire/convert.h"

namespace wsfleet::cli {

absl::StatusOr<v1::CreateJoinTokenReply> CreateJoinToken(CoordinatorClient& client, const JoinTokenOrder& order) {
  v1::CreateJoinTokenRequest request;
  request.set_fleet(client.fleet());
  request.set_region(order.region);
  request.set_pool(order.pool);
  request.set_uses(order.uses);
  *request.mutable_ttl() = wire::ToWire(order.ttl);
  v1::CreateJoinTokenReply reply;
  // The second of two would be a token that nobody knows of.
  const absl::Status status = client.Call(
      kCallLimit,
      [&](grpc::ClientContext& context) { return client.identities().CreateJoinToken(&context, request, &reply); },
      CoordinatorClient::Repetition::kIfNotTaken);
  if (!status.ok()) return status;
  return reply;
}

absl::StatusOr<std::vector<v1::JoinToken>> ListJoinTokens(CoordinatorClient& client) {
  v1::ListJoinTokensRequest request;
  request.set_fleet(client.fleet());
  v1::ListJoinTokensReply reply;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    return client.identities().ListJoinTokens(&context, request, &reply);
  });
  if (!status.ok()) return status;
  return std::vector<v1::JoinToken>(reply.join_tokens().begin(), reply.join_tokens().end());
}

absl::Status RevokeJoinToken(CoordinatorClient& client, const std::string& id) {
  v1::RevokeJoinTokenRequest request;
  request.set_fleet(client.fleet());
  request.set_id(id);
  v1::RevokeJoinTokenReply reply;
  return client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    return client.identities().RevokeJoinToken(&context, request, &reply);
  });
}

absl::Status RevokeAgents(CoordinatorClient& client, const RevocationOrder& order) {
  v1::RevokeAgentsRequest request;
  request.set_fleet(client.fleet());
  for (const std::string& agent : order.agents) request.add_agents(agent);
  for (const std::string& pool : order.pools) request.add_pools(pool);
  request.set_reason(order.reason);
  request.set_undo(order.undo);
  v1::RevokeAgentsReply reply;
  // The second undo of two would say that nobody is revoked.
  return client.Call(
      kCallLimit,
      [&](grpc::ClientContext& context) { return client.identities().RevokeAgents(&context, request, &reply); },
      order.undo ? CoordinatorClient::Repetition::kIfNotTaken : CoordinatorClient::Repetition::kAlways);
}

absl::StatusOr<std::vector<v1::Revocation>> ListRevocations(CoordinatorClient& client) {
  v1::ListRevocationsRequest request;
  request.set_fleet(client.fleet());
  v1::ListRevocationsReply reply;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    return client.identities().ListRevocations(&context, request, &reply);
  });
  if (!status.ok()) return status;
  return std::vector<v1::Revocation>(reply.revocations().begin(), reply.revocations().end());
}

}  // namespace wsfleet::cli
