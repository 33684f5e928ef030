#include "tests/bench/fleet/simulated_agent.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "agent/clock.h"
#include "boost/asio/post.hpp"
#include "core/base/text.h"
#include "core/base/version.h"
#include "proto/wire/convert.h"

namespace wsfleet::testing {
namespace {

constexpr std::size_t kMaxUnansweredHeartbeats = 3;  // as the real agent
constexpr std::uint32_t kMaxShards = 4;

std::shared_ptr<grpc::Channel> Dial(const std::string& address, const agent::ChannelSecurity& security) {
  grpc::ChannelArguments arguments;
  // Otherwise all agents of this process would share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return agent::OpenChannel(address, security, arguments);
}

}  // namespace

struct SimulatedAgent::Link {
  Link(boost::asio::io_context& strand, const Settings& settings, const std::string& agent)
      : endpoints({settings.address}, [&](const std::string& address) { return Dial(address, settings.security); }),
        bundles(strand, endpoints, settings.fleet, AgentId(agent), [] {}) {}
  bool is_idle() const { return closed && bundles.idle(); }

  agent::Endpoints endpoints;
  agent::BundleSource bundles;
  std::shared_ptr<agent::SessionStream> stream;
  bool closed = true;  // gRPC has reported the stream's end
};

SimulatedAgent::SimulatedAgent(boost::asio::io_context& strand, const Settings& settings, const std::string& id,
                               const std::string& region)
    : strand_(strand),
      settings_(settings),
      id_(id),
      region_(region),
      patience_timer_(strand),
      heartbeat_timer_(strand),
      reconnect_timer_(strand) {}

SimulatedAgent::~SimulatedAgent() = default;

void SimulatedAgent::Connect() {
  if (record_.connecting == absl::InfiniteFuture()) record_.connecting = absl::Now();
  if (link_ == nullptr) link_ = std::make_unique<Link>(strand_, settings_, id_);
  Link* const link = link_.get();
  unanswered_.clear();
  link->stream =
      std::make_shared<agent::SessionStream>(strand_, agent::SessionStream::Handlers{
                                                          .on_message =
                                                              [this, link](const v1::CoordinatorMessage& message) {
                                                                if (link == link_.get()) OnMessage(message);
                                                              },
                                                          .on_closed =
                                                              [this, link](const absl::Status& status) {
                                                                link->closed = true;
                                                                link->stream.reset();
                                                                if (link == link_.get()) OnClosed(status);
                                                                Retire();
                                                              },
                                                      });
  link->closed = false;
  link->stream->Open(link->endpoints.stub());
  SendHello();
  agent::WaitOn(patience_timer_, persistence_.Patience(false), [link] {
    if (link->stream) link->stream->Cancel();
  });
}

void SimulatedAgent::SendHello() {
  v1::AgentMessage message;
  v1::Hello* hello = message.mutable_hello();
  hello->set_agent(id_);
  hello->set_boot("00ff");
  hello->set_fleet(settings_.fleet.value());
  hello->set_region(region_);
  hello->mutable_capacity()->set_sessions(10'000);
  hello->mutable_capacity()->set_shards(kMaxShards);
  hello->set_agent_version(kVersion);
  hello->set_language_minor(kLanguageMinor);
  hello->set_vantage("host-" + id_);
  (*hello->mutable_labels())["arch"] = "x86_64";
  (*hello->mutable_labels())["os"] = "linux";
  for (const auto& [lease, shard] : shards_) {
    v1::HeldLease* held = hello->add_held();
    held->set_lease(lease);
    held->set_job(shard.assignment.job());
    held->set_shard(shard.assignment.shard());
  }
  link_->stream->Send(std::move(message));
}

void SimulatedAgent::OnMessage(const v1::CoordinatorMessage& message) {
  switch (message.kind_case()) {
    case v1::CoordinatorMessage::kWelcome:
      return OnWelcome(message.welcome());
    case v1::CoordinatorMessage::kHeartbeatReply:
      return OnHeartbeatReply(message.heartbeat_reply());
    case v1::CoordinatorMessage::kAssignment:
      return OnAssignment(message.assignment());
    case v1::CoordinatorMessage::kResultAcks:
      for (const v1::ResultAcks::Ack& ack : message.result_acks().acks()) {
        const auto shard = shards_.find(ack.lease());
        if (shard != shards_.end()) SendDone(shard->second);
      }
      return;
    case v1::CoordinatorMessage::kShardDoneAck:
      if (const auto shard = shards_.extract(message.shard_done_ack().lease())) {
        record_.finished.emplace(shard.mapped().assignment.job(), absl::Now());
      }
      return;
    default:
      return;  // nothing is cancelled or drained here
  }
}

void SimulatedAgent::OnWelcome(const v1::Welcome& welcome) {
  record_.welcomed = absl::Now();
  ++record_.sessions;
  persistence_.OnSession();
  patience_timer_.cancel();
  interval_ = wire::FromWire(welcome.heartbeat_interval());
  const auto& current = welcome.current_leases();
  record_.kept_leases += static_cast<std::uint32_t>(current.size());
  record_.lost_leases += static_cast<std::uint32_t>(std::erase_if(
      shards_, [&](const auto& shard) { return std::ranges::find(current, shard.first) == current.end(); }));
  // What the coordinator may not have got is sent again, as from a spool.
  for (auto& [lease, shard] : shards_) {
    shard.reported = false;
    Report(shard);
  }
  SendHeartbeat();
}

void SimulatedAgent::SendHeartbeat() {
  if (unanswered_.size() >= kMaxUnansweredHeartbeats) return link_->stream->Cancel();
  v1::AgentMessage message;
  v1::Heartbeat* heartbeat = message.mutable_heartbeat();
  heartbeat->set_number(++heartbeat_);
  *heartbeat->mutable_sent() = wire::ToWire(absl::Now());
  heartbeat->mutable_health()->set_open_sockets(1);
  for (const auto& [lease, shard] : shards_) heartbeat->add_leases(lease);
  unanswered_.push_back(heartbeat_);
  ++record_.heartbeats;
  link_->stream->Send(std::move(message));
  agent::WaitOn(heartbeat_timer_, interval_, [this] {
    if (is_connected()) SendHeartbeat();
  });
}

void SimulatedAgent::OnHeartbeatReply(const v1::HeartbeatReply& reply) {
  while (!unanswered_.empty() && unanswered_.front() < reply.number()) unanswered_.pop_front();
  if (unanswered_.empty() || unanswered_.front() != reply.number()) return;
  unanswered_.pop_front();
  ++record_.answered;
  if (reply.has_interval()) interval_ = wire::FromWire(reply.interval());
  for (const std::uint64_t lease : reply.lost_leases()) record_.lost_leases += shards_.erase(lease);
}

void SimulatedAgent::OnAssignment(const v1::Assignment& assignment) {
  record_.assigned.emplace(assignment.job(), absl::Now());
  if (!assignment.bundle_content().empty()) {
    link_->bundles.Offer(BundleDigest(assignment.bundle().digest()), assignment.bundle_content());
  }
  v1::Assignment& kept = shards_[assignment.lease()].assignment;
  kept = assignment;
  kept.clear_bundle_content();
  FetchBundle(assignment.lease());
}

void SimulatedAgent::FetchBundle(std::uint64_t lease) {
  const BundleDigest digest(shards_.at(lease).assignment.bundle().digest());
  link_->bundles.Get(digest, [this, lease, link = link_.get()](const auto& bundle) {
    const auto shard = shards_.find(lease);
    if (shard == shards_.end() || stopping_) return;
    if (bundle.ok()) return Work(shard->second);
    if (link != link_.get()) return FetchBundle(lease);  // it was cut off meanwhile
    v1::AgentMessage refusal;
    refusal.mutable_assignment_refused()->set_lease(lease);
    refusal.mutable_assignment_refused()->set_reason(std::string(ToStd(bundle.status().message())));
    shards_.erase(shard);
    ++record_.refused;
    if (is_connected()) link_->stream->Send(std::move(refusal));
  });
}

void SimulatedAgent::Work(HeldShard& shard) {
  shard.work = std::make_unique<boost::asio::steady_timer>(strand_);
  const std::uint64_t lease = shard.assignment.lease();
  // The coordinator may want its report later than that.
  const absl::Duration until_report = std::max(settings_.work, wire::FromWire(shard.assignment.report_after()));
  agent::WaitOn(*shard.work, until_report, [this, lease] {
    // A timer that has expired is not cancelled with the shard.
    const auto held = shards_.find(lease);
    if (held == shards_.end()) return;
    held->second.done = true;
    Report(held->second);
  });
}

void SimulatedAgent::Report(HeldShard& shard) {
  if (holding_ || !shard.done || shard.reported || !is_connected()) return;
  shard.reported = true;
  v1::AgentMessage message;
  v1::ResultBatch* batch = message.mutable_results();
  batch->set_lease(shard.assignment.lease());
  batch->set_job(shard.assignment.job());
  batch->set_shard(shard.assignment.shard());
  batch->set_attempt(shard.assignment.attempt());
  batch->set_seq(1);
  for (const std::string& id : settings_.cases) {
    v1::CaseResult* result = batch->add_results();
    result->set_case_id(id);
    result->set_suite(id.substr(0, id.find('/')));
    result->set_scenario(id.substr(id.find('/') + 1));
    result->set_outcome(v1::OUTCOME_PASSED);
    result->set_tries(1);
    result->set_sessions(1);
    *result->mutable_started() = wire::ToWire(absl::Now());
    *result->mutable_duration() = wire::ToWire(absl::Milliseconds(1));
  }
  link_->stream->Send(std::move(message));
}

void SimulatedAgent::SendDone(const HeldShard& shard) {
  v1::AgentMessage message;
  v1::ShardDone* done = message.mutable_shard_done();
  done->set_lease(shard.assignment.lease());
  done->set_job(shard.assignment.job());
  done->set_shard(shard.assignment.shard());
  done->set_attempt(shard.assignment.attempt());
  done->set_end(v1::SHARD_END_COMPLETED);
  done->set_reported_cases(static_cast<std::uint32_t>(settings_.cases.size()));
  link_->stream->Send(std::move(message));
}

void SimulatedAgent::OnClosed(const absl::Status& status) {
  if (is_connected()) record_.connecting = absl::Now();
  record_.welcomed = absl::InfiniteFuture();
  heartbeat_timer_.cancel();
  patience_timer_.cancel();
  if (stopping_) return;
  ++record_.broken;
  record_.why_broken = std::string(ToStd(status.message()));
  agent::WaitOn(reconnect_timer_, persistence_.Pause(), [this] { Connect(); });
}

void SimulatedAgent::CutOff(bool coordinator_notices) {
  if (link_ != nullptr) {
    if (coordinator_notices) {
      link_->bundles.CancelAll();
      if (link_->stream) link_->stream->Cancel();
    }
    retired_.push_back(std::move(link_));
  }
  record_.welcomed = absl::InfiniteFuture();
  record_.connecting = absl::Now();
  heartbeat_timer_.cancel();
  Connect();
  Retire();
}

void SimulatedAgent::Hold(bool hold) {
  holding_ = hold;
  for (auto& [lease, shard] : shards_) Report(shard);
}

void SimulatedAgent::Stop() {
  stopping_ = true;
  // A timer that has expired is not cancelled: what it calls may come later.
  record_.welcomed = absl::InfiniteFuture();
  for (auto* timer : {&patience_timer_, &heartbeat_timer_, &reconnect_timer_}) timer->cancel();
  shards_.clear();
  if (link_ != nullptr) retired_.push_back(std::move(link_));
  for (const auto& link : retired_) {
    link->bundles.CancelAll();
    if (link->stream) link->stream->Cancel();
  }
  Retire();
}

bool SimulatedAgent::is_idle() const {
  return std::ranges::all_of(retired_, [](const auto& link) { return link->is_idle(); });
}

void SimulatedAgent::Retire() {
  // Not from within its own callbacks, and not before gRPC is done with it.
  boost::asio::post(strand_, [this] { std::erase_if(retired_, [](const auto& link) { return link->is_idle(); }); });
}

}  // namespace wsfleet::testing
