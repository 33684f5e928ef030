#include "coordinator/rpc/fleets_service.h"

#include <cstdint>
#include <memory>
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
  }
  return v1::AGENT_STATE_UNSPECIFIED;
}

v1::Agent ToWire(const AgentListing& listing) {
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

using Listings = absl::StatusOr<std::vector<AgentListing>>;

// Where a page begins: "region/agent". Neither has a slash in it.
fleet::AgentPlace ReadToken(const std::string& token) {
  const std::size_t slash = token.find('/');
  if (slash == std::string::npos) return {};
  return {RegionName(token.substr(0, slash)), AgentId(token.substr(slash + 1))};
}

std::string TokenOf(const AgentRecord& agent) { return fmt::format("{}/{}", agent.region.value(), agent.id.value()); }

// Gathers what was asked for a slice at a time, so that the strand is left to others in between.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(FleetHost& host, std::size_t limit, v1::ListAgentsReply& reply, grpc::ServerUnaryReactor& reactor)
      : host_(host), limit_(limit), reply_(reply), reactor_(reactor) {}

  void From(const fleet::AgentPlace& after) {
    host_.ListAgents(after, [self = shared_from_this()](const Listings& listings) { self->Take(listings); });
  }

 private:
  void Take(const Listings& listings) {
    if (!listings.ok()) return reactor_.Finish(wire::ToGrpc(listings.status()));
    for (const AgentListing& listing : *listings) {
      *reply_.add_agents() = ToWire(listing);
      if (std::cmp_less(reply_.agents_size(), limit_)) continue;
      reply_.set_next_page_token(TokenOf(listing.view.agent));
      return reactor_.Finish(grpc::Status::OK);
    }
    if (listings->size() < FleetHost::kMaxAgentsListed) return reactor_.Finish(grpc::Status::OK);
    const AgentRecord& last = listings->back().view.agent;
    From({last.region, last.id});
  }

  FleetHost& host_;
  const std::size_t limit_;
  v1::ListAgentsReply& reply_;
  grpc::ServerUnaryReactor& reactor_;
};

}  // namespace

grpc::ServerUnaryReactor* FleetsService::ListAgents(grpc::CallbackServerContext* context,
                                                    const v1::ListAgentsRequest* request, v1::ListAgentsReply* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  const std::size_t limit = request->page_size() == 0 ? SIZE_MAX : request->page_size();
  std::make_shared<Gathering>(**host, limit, *reply, *reactor)->From(ReadToken(request->page_token()));
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
  (*host)->FindAgent(AgentId(request->agent()), [reactor, reply, id = request->agent()](const Listings& listings) {
    if (!listings.ok()) return reactor->Finish(wire::ToGrpc(listings.status()));
    if (listings->empty()) {
      return reactor->Finish({grpc::StatusCode::NOT_FOUND, fmt::format("no agent \"{}\" in this fleet", id)});
    }
    *reply = ToWire(listings->front());
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
