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
constexpr std::size_t kMaxStopReasonBytes = 256;

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
  if (const KillSwitch& state = facts.kill_switch; state.stopped) {
    summary.mutable_stop()->set_by(state.by);
    summary.mutable_stop()->set_reason(state.reason);
    *summary.mutable_stop()->mutable_since() = wire::ToWire(state.changed);
  }
  return summary;
}

v1::FleetPolicy ToWire(const FleetName& fleet, const PolicyRecord& record) {
  v1::FleetPolicy policy;
  policy.set_fleet(fleet.value());
  policy.set_policy(RenderFleetPolicy(record.policy));
  policy.set_version(record.version);
  if (record.version > 0) *policy.mutable_changed() = wire::ToWire(record.changed);
  return policy;
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

  Gathering(const UnaryCall& call, std::size_t limit, v1::ListAgentsReply& reply, IsWanted is_wanted)
      : call_(call), limit_(limit), reply_(reply), is_wanted_(std::move(is_wanted)) {}

  void From(const fleet::AgentPlace& after) {
    call_.host().ListAgents(after, [self = shared_from_this()](const Listings& listings) { self->Take(listings); });
  }

 private:
  void Take(const Listings& listings) {
    if (!listings.ok()) return call_.Finish(listings.status());
    for (const AgentListing& listing : *listings) {
      if (!is_wanted_(listing.view.agent)) continue;
      *reply_.add_agents() = ToWire(listing);
      if (std::cmp_less(reply_.agents_size(), limit_)) continue;
      reply_.set_next_page_token(TokenOf(listing.view.agent));
      return call_.Finish(absl::OkStatus());
    }
    if (listings->size() < FleetHost::kMaxAgentsListed) return call_.Finish(absl::OkStatus());
    const AgentRecord& last = listings->back().view.agent;
    From({last.region, last.id});
  }

  const UnaryCall call_;
  const std::size_t limit_;
  v1::ListAgentsReply& reply_;
  const IsWanted is_wanted_;
};

bool EveryAgent(const AgentRecord&) { return true; }

absl::Status CheckDrain(const v1::DrainAgentsRequest& request) {
  if (request.agents().empty() && request.region().empty()) {
    return absl::InvalidArgumentError("expected agents or a region, found neither");
  }
  return wire::CheckCount("agents", request.agents_size(), kMaxDrained);
}

// As the audit log names them.
std::string Drained(const v1::DrainAgentsRequest& request) {
  std::string all = request.region().empty() ? "" : fmt::format("region {}", request.region());
  for (const std::string& agent : request.agents()) {
    all += fmt::format("{}{}", all.empty() ? "" : ", ", agent);
    if (all.size() > AuditRecord::kMaxTextBytes) break;
  }
  return all;
}

}  // namespace

grpc::ServerUnaryReactor* FleetsService::ListAgents(grpc::CallbackServerContext* context,
                                                    const v1::ListAgentsRequest* request, v1::ListAgentsReply* reply) {
  return Answer(backend_, *context, Rpc::kFleetsListAgents, request->fleet(), "", [&](const UnaryCall& call) {
    const std::size_t limit = request->page_size() == 0 ? SIZE_MAX : request->page_size();
    std::make_shared<Gathering>(call, limit, *reply, EveryAgent)->From(ReadToken(request->page_token()));
  });
}

grpc::ServerUnaryReactor* FleetsService::DrainAgents(grpc::CallbackServerContext* context,
                                                     const v1::DrainAgentsRequest* request,
                                                     v1::ListAgentsReply* reply) {
  return Answer(backend_, *context, Rpc::kFleetsDrainAgents, request->fleet(), Drained(*request),
                [&](const UnaryCall& call) {
                  if (const absl::Status refusal = CheckDrain(*request); !refusal.ok()) return call.Finish(refusal);
                  std::vector<AgentId> agents;
                  for (const std::string& id : request->agents()) agents.emplace_back(id);
                  const RegionName region(request->region());
                  const auto is_meant = [agents, region](const AgentRecord& agent) {
                    return agent.region == region || std::ranges::find(agents, agent.id) != agents.end();
                  };
                  call.host().SetDrained(agents, region, !request->undo(),
                                         [call, reply, is_meant, undone = request->undo()](const absl::Status& status) {
                                           if (!status.ok()) return call.Finish(status);
                                           call.Done(status, undone ? "undone" : "");
                                           std::make_shared<Gathering>(call, SIZE_MAX, *reply, is_meant)->From({});
                                         });
                });
}

grpc::ServerUnaryReactor* FleetsService::StopFleet(grpc::CallbackServerContext* context,
                                                   const v1::StopFleetRequest* request, v1::StopFleetReply*) {
  return Answer(
      backend_, *context, Rpc::kFleetsStopFleet, request->fleet(), request->fleet(), [&](const UnaryCall& call) {
        const std::string& reason = request->reason();
        if (reason.empty()) return call.Finish(absl::InvalidArgumentError("reason: expected why, found nothing"));
        if (const absl::Status status = wire::CheckText("reason", reason, kMaxStopReasonBytes); !status.ok()) {
          return call.Finish(status);
        }
        call.host().SetStopped(true, call.caller().name, reason,
                               [call, reason](const absl::Status& status) { call.Finish(status, reason); });
      });
}

grpc::ServerUnaryReactor* FleetsService::ResumeFleet(grpc::CallbackServerContext* context,
                                                     const v1::ResumeFleetRequest* request, v1::ResumeFleetReply*) {
  return Answer(backend_, *context, Rpc::kFleetsResumeFleet, request->fleet(), request->fleet(),
                [&](const UnaryCall& call) {
                  call.host().SetStopped(false, call.caller().name, "",
                                         [call](const absl::Status& status) { call.Finish(status); });
                });
}

grpc::ServerUnaryReactor* FleetsService::CreateFleet(grpc::CallbackServerContext* context,
                                                     const v1::CreateFleetRequest* request, v1::CreateFleetReply*) {
  return Answer(backend_, *context, Rpc::kFleetsCreateFleet, "", request->fleet(), [&](const UnaryCall& call) {
    if (!IsIdentifier(request->fleet())) {
      return call.Finish(absl::InvalidArgumentError(
          fmt::format("fleet: expected 1 to {} letters, digits, '.', '_' or '-'", kMaxIdentifierBytes)));
    }
    const bool taken = call.host().store_thread().Run([this, call, fleet = FleetName(request->fleet())] {
      const absl::Status status = backend_.owners.CreateFleet(fleet);
      if (status.ok()) {
        spdlog::info("fleet created fleet={}", fleet.value());
        // Who asks for it before anybody has claimed it is told to try again, not that there is no such fleet.
        backend_.fleets.Add(fleet);
      }
      call.Finish(status);
    });
    if (!taken) call.FinishBusy();
  });
}

grpc::ServerUnaryReactor* FleetsService::ListFleets(grpc::CallbackServerContext* context, const v1::ListFleetsRequest*,
                                                    v1::ListFleetsReply* reply) {
  return Answer(backend_, *context, Rpc::kFleetsListFleets, "", "", [&](const UnaryCall& call) {
    const bool posted = backend_.readers.Post([this, call, reply] {
      const auto fleets = backend_.owners.ListFleets();
      if (!fleets.ok()) return call.Finish(fleets.status());
      for (const auto& facts : *fleets) {
        if (call.caller().grants.In(facts.fleet.name)) *reply->add_fleets() = ToWire(facts);
      }
      call.Finish(absl::OkStatus());
    });
    if (!posted) call.FinishBusy();
  });
}

grpc::ServerUnaryReactor* FleetsService::GetAgent(grpc::CallbackServerContext* context,
                                                  const v1::GetAgentRequest* request, v1::Agent* reply) {
  return Answer(backend_, *context, Rpc::kFleetsGetAgent, request->fleet(), request->agent(),
                [&](const UnaryCall& call) {
                  call.host().FindAgent(
                      AgentId(request->agent()), [call, reply, id = request->agent()](const Listings& listings) {
                        if (!listings.ok()) return call.Finish(listings.status());
                        if (listings->empty()) {
                          return call.Finish(absl::NotFoundError(fmt::format("no agent \"{}\" in this fleet", id)));
                        }
                        *reply = ToWire(listings->front());
                        call.Finish(absl::OkStatus());
                      });
                });
}

grpc::ServerUnaryReactor* FleetsService::GetPolicy(grpc::CallbackServerContext* context,
                                                   const v1::GetPolicyRequest* request, v1::FleetPolicy* reply) {
  return Answer(backend_, *context, Rpc::kFleetsGetPolicy, request->fleet(), "", [&](const UnaryCall& call) {
    const bool posted = backend_.readers.Post([this, call, reply] {
      const auto record = backend_.PolicyOf(call.fleet());
      if (record.ok()) *reply = ToWire(call.fleet(), *record);
      call.Finish(record.status());
    });
    if (!posted) call.FinishBusy();
  });
}

grpc::ServerUnaryReactor* FleetsService::SetPolicy(grpc::CallbackServerContext* context,
                                                   const v1::SetPolicyRequest* request, v1::SetPolicyReply* reply) {
  return Answer(backend_, *context, Rpc::kFleetsSetPolicy, request->fleet(), "policy", [&](const UnaryCall& call) {
    if (request->dry_run()) call.ChangesNothing();
    auto policy = ReadFleetPolicy("policy", request->policy());
    if (!policy.ok()) return call.Finish(policy.status());
    std::optional<std::uint64_t> expected;
    if (request->has_expected_version()) expected = request->expected_version();
    call.host().SetPolicy(
        *std::move(policy), expected, request->dry_run(), [call, reply](const fleet::AnswerSetPolicy& answer) {
          *reply->mutable_before() = ToWire(call.fleet(), answer.before);
          *reply->mutable_after() = ToWire(call.fleet(), answer.after);
          const bool is_changed = answer.after.version != answer.before.version;
          call.Finish(answer.status,
                      is_changed ? fmt::format("version {}", answer.after.version) : std::string("unchanged"),
                      is_changed ? Effect::kChange : Effect::kNone);
        });
  });
}

grpc::ServerUnaryReactor* FleetsService::Version(grpc::CallbackServerContext* context, const v1::VersionRequest*,
                                                 v1::VersionReply* reply) {
  return Answer(backend_, *context, Rpc::kFleetsVersion, "", "", [&](const UnaryCall& call) {
    reply->set_version(kVersion);
    reply->set_language_minor(kLanguageMinor);
    call.Finish(absl::OkStatus());
  });
}

}  // namespace wsfleet::coordinator
