#include "coordinator/rpc/fleets_service.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/version.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {
namespace {

v1::AgentState ToWire(fleet::AgentView::State state) {
  switch (state) {
    case fleet::AgentView::State::kConnected:
      return v1::AGENT_STATE_CONNECTED;
    case fleet::AgentView::State::kDraining:
      return v1::AGENT_STATE_DRAINING;
    case fleet::AgentView::State::kLost:
      return v1::AGENT_STATE_LOST;
    case fleet::AgentView::State::kQuarantined:
      return v1::AGENT_STATE_QUARANTINED;
  }
  return v1::AGENT_STATE_UNSPECIFIED;
}

v1::Agent ToWire(const FleetHost::AgentListing& listing) {
  const fleet::AgentView& view = listing.view;
  v1::Agent agent;
  agent.set_agent(view.agent.id.value());
  agent.set_region(view.agent.region.value());
  agent.set_state(ToWire(view.state));
  agent.mutable_labels()->insert(view.agent.labels.begin(), view.agent.labels.end());
  agent.set_version(view.agent.version);
  agent.set_vantage(view.agent.vantage);
  agent.set_boot(view.agent.boot.value());
  if (view.connected != absl::InfinitePast()) *agent.mutable_connected() = wire::ToWire(view.connected);
  if (view.last_heartbeat != absl::InfinitePast()) *agent.mutable_last_heartbeat() = wire::ToWire(view.last_heartbeat);
  agent.mutable_capacity()->set_shards(view.max_shards);
  for (const ShardId& shard : view.shards) {
    agent.add_shards(fmt::format("{}/{}", shard.job.value(), shard.index.value()));
  }
  if (listing.facts) {
    *agent.mutable_health() = listing.facts->health;
    agent.mutable_capacity()->set_sessions(listing.facts->max_sessions);
    if (listing.facts->clock_ahead) *agent.mutable_clock_offset() = wire::ToWire(*listing.facts->clock_ahead);
  }
  return agent;
}

}  // namespace

grpc::ServerUnaryReactor* FleetsService::ListAgents(grpc::CallbackServerContext* context,
                                                    const v1::ListAgentsRequest* request, v1::ListAgentsReply* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  (*host)->ListAgents([reactor, reply](const absl::StatusOr<std::vector<FleetHost::AgentListing>>& listings) {
    if (listings.ok()) {
      for (const auto& listing : *listings) *reply->add_agents() = ToWire(listing);
      std::sort(reply->mutable_agents()->begin(), reply->mutable_agents()->end(),
                [](const v1::Agent& a, const v1::Agent& b) {
                  return std::tie(a.region(), a.agent()) < std::tie(b.region(), b.agent());
                });
    }
    reactor->Finish(wire::ToGrpc(listings.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* FleetsService::GetAgent(grpc::CallbackServerContext* context,
                                                  const v1::GetAgentRequest* request, v1::Agent* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  (*host)->ListAgents(
      [reactor, reply, id = request->agent()](const absl::StatusOr<std::vector<FleetHost::AgentListing>>& listings) {
        if (!listings.ok()) return reactor->Finish(wire::ToGrpc(listings.status()));
        const auto found = std::ranges::find_if(
            *listings, [&](const FleetHost::AgentListing& listing) { return listing.view.agent.id.value() == id; });
        if (found == listings->end()) {
          return reactor->Finish({grpc::StatusCode::NOT_FOUND, fmt::format("no agent \"{}\" in this fleet", id)});
        }
        *reply = ToWire(*found);
        reactor->Finish(grpc::Status::OK);
      });
  return reactor;
}

grpc::ServerUnaryReactor* FleetsService::Version(grpc::CallbackServerContext* context, const v1::VersionRequest*,
                                                 v1::VersionReply* reply) {
  auto* reactor = context->DefaultReactor();
  const grpc::Status status = backend_.token.Check(*context);
  if (status.ok()) {
    reply->set_version(kVersion);
    reply->set_language_minor(kLanguageMinor);
  }
  reactor->Finish(status);
  return reactor;
}

}  // namespace wsfleet::coordinator
