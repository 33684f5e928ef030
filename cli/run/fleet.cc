#include "cli/run/fleet.h"

#include <algorithm>
#include <iterator>

namespace wsfleet::cli {
namespace {

constexpr std::uint32_t kMaxAgentsPage = 1000;

}  // namespace

absl::StatusOr<std::vector<v1::Agent>> ListAgents(CoordinatorClient& client) {
  std::vector<v1::Agent> agents;
  v1::ListAgentsRequest request;
  request.set_fleet(client.fleet());
  request.set_page_size(kMaxAgentsPage);
  do {
    v1::ListAgentsReply reply;
    const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
      reply.Clear();
      return client.fleets().ListAgents(&context, request, &reply);
    });
    if (!status.ok()) return status;
    std::ranges::move(*reply.mutable_agents(), std::back_inserter(agents));
    request.set_page_token(reply.next_page_token());
  } while (!request.page_token().empty());
  return agents;
}

absl::StatusOr<v1::Agent> GetAgent(CoordinatorClient& client, const std::string& agent) {
  v1::GetAgentRequest request;
  request.set_fleet(client.fleet());
  request.set_agent(agent);
  v1::Agent reply;
  const absl::Status status = client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.fleets().GetAgent(&context, request, &reply); });
  if (!status.ok()) return status;
  return reply;
}

absl::StatusOr<std::vector<v1::Agent>> DrainAgents(CoordinatorClient& client, const DrainOrder& order) {
  v1::DrainAgentsRequest request;
  request.set_fleet(client.fleet());
  for (const std::string& agent : order.agents) request.add_agents(agent);
  request.set_region(order.region);
  request.set_undo(order.undo);
  v1::ListAgentsReply reply;
  const absl::Status status = client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.fleets().DrainAgents(&context, request, &reply); });
  if (!status.ok()) return status;
  return std::vector<v1::Agent>(reply.agents().begin(), reply.agents().end());
}

absl::Status CreateFleet(CoordinatorClient& client, const std::string& fleet) {
  v1::CreateFleetRequest request;
  request.set_fleet(fleet);
  v1::CreateFleetReply reply;
  // The second of two would say that it is there already.
  return client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.fleets().CreateFleet(&context, request, &reply); },
      CoordinatorClient::Repetition::kIfNotTaken);
}

absl::StatusOr<std::vector<v1::FleetSummary>> ListFleets(CoordinatorClient& client) {
  v1::ListFleetsReply reply;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    return client.fleets().ListFleets(&context, v1::ListFleetsRequest(), &reply);
  });
  if (!status.ok()) return status;
  return std::vector<v1::FleetSummary>(reply.fleets().begin(), reply.fleets().end());
}

}  // namespace wsfleet::cli
