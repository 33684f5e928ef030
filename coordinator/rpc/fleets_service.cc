#include "coordinator/rpc/fleets_service.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/identifier.h"
#include "core/base/version.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kMaxDrained = 1000;

v1::AgentState ToWire(fleet::AgentView::State state) {
  switch (state) {
    case fleet::AgentView::State::kConnected:
      return v1::AGENT_STATE_CONNECTED;
    case fleet::AgentView::State::kDraining:
      return v1::AGENT_STATE_DRAINING;
    case fleet::AgentView::State::kDrained:
      return v1::AGENT_STATE_DRAINED;
    case fleet::AgentView::State::kLost:
      return v1::AGENT_STATE_LOST;
    case fleet::AgentView::State::kQuarantined:
      return v1::AGENT_STATE_QUARANTINED;
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
  agent.set_drained(view.agent.drained);
  agent.set_language_minor(view.language_minor);
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

v1::FleetSummary ToWire(const store::OwnerStore::FleetFacts& facts) {
  v1::FleetSummary summary;
  summary.set_fleet(facts.fleet.name.value());
  const store::OwnerStore::Owner& owner = facts.fleet.owner;
  if (owner.left > absl::ZeroDuration()) {
    summary.set_owner(owner.replica);
    summary.set_client_address(owner.addresses.clients);
    summary.set_agent_address(owner.addresses.agents);
  }
  summary.set_ownership_epoch(owner.epoch);
  summary.set_agents(facts.agents);
  summary.set_open_jobs(facts.open_jobs);
  return summary;
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
  using IsWanted = std::function<bool(const AgentRecord&)>;

  Gathering(FleetHost& host, std::size_t limit, v1::ListAgentsReply& reply, grpc::ServerUnaryReactor& reactor,
            IsWanted is_wanted)
      : host_(host), limit_(limit), reply_(reply), reactor_(reactor), is_wanted_(std::move(is_wanted)) {}

  void From(const fleet::AgentPlace& after) {
    host_.ListAgents(after, [self = shared_from_this()](const Listings& listings) { self->Take(listings); });
  }

 private:
  void Take(const Listings& listings) {
    if (!listings.ok()) return reactor_.Finish(wire::ToGrpc(listings.status()));
    for (const AgentListing& listing : *listings) {
      if (!is_wanted_(listing.view.agent)) continue;
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
  const IsWanted is_wanted_;
};

bool EveryAgent(const AgentRecord&) { return true; }

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
  std::make_shared<Gathering>(**host, limit, *reply, *reactor, EveryAgent)->From(ReadToken(request->page_token()));
  return reactor;
}

grpc::ServerUnaryReactor* FleetsService::DrainAgents(grpc::CallbackServerContext* context,
                                                     const v1::DrainAgentsRequest* request,
                                                     v1::ListAgentsReply* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  absl::Status refusal = host.status();
  if (refusal.ok()) refusal = wire::CheckCount("agents", request->agents_size(), kMaxDrained);
  if (refusal.ok() && request->agents().empty() && request->region().empty()) {
    refusal = absl::InvalidArgumentError("expected agents or a region, found neither");
  }
  if (!refusal.ok()) {
    reactor->Finish(wire::ToGrpc(refusal));
    return reactor;
  }
  std::vector<AgentId> agents;
  for (const std::string& id : request->agents()) agents.emplace_back(id);
  const RegionName region(request->region());
  (*host)->SetDrained(agents, region, !request->undo(),
                      [reactor, reply, agents, region, host = *host](const absl::Status& status) {
                        if (!status.ok()) return reactor->Finish(wire::ToGrpc(status));
                        const auto is_meant = [agents, region](const AgentRecord& agent) {
                          return agent.region == region || std::ranges::find(agents, agent.id) != agents.end();
                        };
                        std::make_shared<Gathering>(*host, SIZE_MAX, *reply, *reactor, is_meant)->From({});
                      });
  return reactor;
}

grpc::ServerUnaryReactor* FleetsService::CreateFleet(grpc::CallbackServerContext* context,
                                                     const v1::CreateFleetRequest* request, v1::CreateFleetReply*) {
  auto* reactor = context->DefaultReactor();
  const auto usual = Admit(backend_, *context, "");
  absl::Status refusal = usual.status();
  if (refusal.ok() && !IsIdentifier(request->fleet())) {
    refusal = absl::InvalidArgumentError(
        fmt::format("fleet: expected 1 to {} letters, digits, '.', '_' or '-'", kMaxIdentifierBytes));
  }
  if (!refusal.ok()) {
    reactor->Finish(wire::ToGrpc(refusal));
    return reactor;
  }
  const bool taken = (*usual)->store_thread().Run([this, reactor, fleet = FleetName(request->fleet())] {
    const absl::Status status = backend_.owners.CreateFleet(fleet);
    if (status.ok()) {
      spdlog::info("fleet created fleet={}", fleet.value());
      // Who asks for it before anybody has claimed it is told to try again, not that there is no such fleet.
      backend_.fleets.Add(fleet);
    }
    reactor->Finish(wire::ToGrpc(status));
  });
  if (!taken) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerUnaryReactor* FleetsService::ListFleets(grpc::CallbackServerContext* context, const v1::ListFleetsRequest*,
                                                    v1::ListFleetsReply* reply) {
  auto* reactor = context->DefaultReactor();
  const grpc::Status refusal = backend_.token.Check(*context);
  if (!refusal.ok()) {
    reactor->Finish(refusal);
    return reactor;
  }
  const bool posted = backend_.readers.Post([this, reactor, reply] {
    const auto fleets = backend_.owners.ListFleets();
    if (!fleets.ok()) return reactor->Finish(wire::ToGrpc(fleets.status()));
    for (const auto& facts : *fleets) *reply->add_fleets() = ToWire(facts);
    reactor->Finish(grpc::Status::OK);
  });
  if (!posted) reactor->Finish(Busy());
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
