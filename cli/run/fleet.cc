#include "cli/run/fleet.h"

#include <algorithm>
#include <iterator>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

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

absl::Status StopFleet(CoordinatorClient& client, const std::string& reason) {
  v1::StopFleetRequest request;
  request.set_fleet(client.fleet());
  request.set_reason(reason);
  v1::StopFleetReply reply;
  return client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.fleets().StopFleet(&context, request, &reply); });
}

absl::Status ResumeFleet(CoordinatorClient& client) {
  v1::ResumeFleetRequest request;
  request.set_fleet(client.fleet());
  v1::ResumeFleetReply reply;
  // Of two, the second could undo what somebody stopped in between.
  return client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.fleets().ResumeFleet(&context, request, &reply); },
      CoordinatorClient::Repetition::kIfNotTaken);
}

std::string StopText(const v1::FleetStop& stop) {
  return fmt::format("by {} at {}: {}", Printable(stop.by()), UtcText(wire::FromWire(stop.since())),
                     Printable(stop.reason()));
}

absl::StatusOr<v1::FleetSummary> FindFleet(CoordinatorClient& client) {
  const auto fleets = ListFleets(client);
  if (!fleets.ok()) return fleets.status();
  const auto found = std::ranges::find(*fleets, client.fleet(), &v1::FleetSummary::fleet);
  if (found != fleets->end()) return *found;
  return absl::NotFoundError(fmt::format("no fleet \"{}\"", client.fleet()));
}

absl::StatusOr<v1::FleetPolicy> GetPolicy(CoordinatorClient& client) {
  v1::GetPolicyRequest request;
  request.set_fleet(client.fleet());
  v1::FleetPolicy reply;
  const absl::Status status = client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.fleets().GetPolicy(&context, request, &reply); });
  if (!status.ok()) return status;
  return reply;
}

absl::StatusOr<v1::SetPolicyReply> SetPolicy(CoordinatorClient& client, const PolicyOrder& order) {
  v1::SetPolicyRequest request;
  request.set_fleet(client.fleet());
  request.set_policy(order.policy);
  request.set_dry_run(order.dry_run);
  if (order.expected_version) request.set_expected_version(*order.expected_version);
  v1::SetPolicyReply reply;
  // The second of two would find another version than it expects.
  const absl::Status status = client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.fleets().SetPolicy(&context, request, &reply); },
      CoordinatorClient::Repetition::kIfNotTaken);
  if (!status.ok()) return status;
  return reply;
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
