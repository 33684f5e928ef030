#include "agent/agent.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/random/random.h"
#include "agent/clock.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/redirect.h"
#include "spdlog/spdlog.h"

namespace wsfleet::agent {
namespace {

constexpr std::size_t kMaxUnansweredHeartbeats = 3;
// From the last sign of life of a coordinator: if it hangs, another one runs its fleets by then.
constexpr absl::Duration kTakeover = absl::Seconds(12);

BootId RandomBoot() {
  absl::BitGen random;
  return BootId(fmt::format("{:016x}", absl::Uniform<std::uint64_t>(random)));
}

ShardTable::OwnSecret OwnSecrets(const AgentOptions& options) {
  if (options.secrets == nullptr) return {};
  return [secrets = options.secrets, fleet = options.fleet](const std::string& name) {
    return secrets->Read(name, fleet);
  };
}

std::vector<engine::TargetGuard::Rule> OwnRules(const AgentOptions& options) {
  if (!options.target_policy) return {};
  return {{*options.target_policy,
           fmt::format("the target policy of agent {} itself (--target-policy)", options.facts.id.value())}};
}

engine::EngineOptions EngineOptionsOf(const AgentOptions& options, const AgentMetrics& metrics) {
  engine::EngineOptions of_engine;
  of_engine.max_sessions = options.max_sessions;
  of_engine.name_servers = options.name_servers;
  of_engine.traffic = metrics.Observer();
  return of_engine;
}

}  // namespace

Agent::Agent(boost::asio::io_context& strand, AgentOptions options, Endpoints endpoints, Handlers handlers)
    : strand_(strand),
      options_(std::move(options)),
      endpoints_(std::move(endpoints)),
      handlers_(std::move(handlers)),
      boot_(RandomBoot()),
      metrics_(options_.metrics, options_.facts.region),
      spool_(options_.spool_bytes),
      bundles_(strand, endpoints_, options_.fleet, options_.facts.id,
               [this] {
                 if (exit_code_) FinishStop();
               }),
      engine_(options_.facts, EngineOptionsOf(options_, metrics_)),
      shards_(strand, engine_, bundles_, spool_, options_.max_shards, OwnRules(options_),
              ShardTable::Outputs{
                  .send = [this](v1::AgentMessage message) { Send(std::move(message)); },
                  .on_results =
                      [this] {
                        SendSpooled();
                        UpdateHold();
                      },
                  .on_changed =
                      [this] {
                        WatchLeases();
                        StopIfDrained();
                      },
              },
              OwnSecrets(options_)),
      patience_timer_(strand),
      reconnect_timer_(strand),
      heartbeat_timer_(strand),
      lease_timer_(strand),
      report_timer_(strand),
      drain_timer_(strand) {}

Agent::~Agent() {
  if (stream_) {
    stream_->Detach();
    stream_->Cancel();
  }
}

absl::Status Agent::Start() {
  if (!options_.spool_directory.empty()) {
    const std::string owner = fmt::format("{}/{}", options_.fleet.value(), options_.facts.id.value());
    auto status = spool_.UseDirectory(options_.spool_directory, owner, strand_, [this] { UpdateHold(); });
    if (!status.ok()) return status;
    shards_.RestoreInterrupted();
  }
  spdlog::info("agent starts agent={} region={} fleet={} boot={}", options_.facts.id.value(),
               options_.facts.region.value(), options_.fleet.value(), boot_.value());
  Connect();
  return absl::OkStatus();
}

void Agent::Connect() {
  welcomed_ = false;
  unanswered_.clear();
  stream_ = std::make_shared<SessionStream>(
      strand_, SessionStream::Handlers{
                   .on_message = [this](v1::CoordinatorMessage message) { OnMessage(std::move(message)); },
                   .on_closed = [this](const absl::Status& status) { OnClosed(status); },
               });
  stream_->Open(endpoints_.stub());
  v1::AgentMessage message;
  v1::Hello* hello = message.mutable_hello();
  hello->set_agent(options_.facts.id.value());
  hello->set_boot(boot_.value());
  hello->set_fleet(options_.fleet.value());
  hello->set_region(options_.facts.region.value());
  for (const auto& [name, value] : options_.facts.labels) (*hello->mutable_labels())[name] = value;
  hello->mutable_capacity()->set_sessions(options_.max_sessions);
  hello->mutable_capacity()->set_shards(options_.max_shards);
  hello->set_agent_version(kVersion);
  hello->set_language_minor(kLanguageMinor);
  hello->set_vantage(options_.vantage);
  hello->set_keeps_secret_hosts(true);
  hello->set_takes_not_renewed(true);
  for (v1::HeldLease& held : shards_.Held()) *hello->add_held() = std::move(held);
  lease_base_ = BootTime();
  stream_->Send(std::move(message));
  const absl::Duration patience = persistence_.Patience(std::exchange(redirected_, false));
  WaitOn(patience_timer_, patience, [this, patience] {
    spdlog::warn("no session within {}", FormatElapsed(patience));
    stream_->Cancel();
  });
}

void Agent::OnMessage(v1::CoordinatorMessage message) {
  heard_of_ = BootTime();
  switch (message.kind_case()) {
    case v1::CoordinatorMessage::kWelcome:
      OnWelcome(message.welcome());
      break;
    case v1::CoordinatorMessage::kHeartbeatReply:
      OnHeartbeatReply(message.heartbeat_reply());
      break;
    case v1::CoordinatorMessage::kAssignment:
      if (message.assignment().has_report_after()) KeepBack(wire::FromWire(message.assignment().report_after()));
      shards_.Assign(std::move(*message.mutable_assignment()), lease_base_ + lease_time_);
      // It was under way when the fleet was stopped.
      if (stopped_) shards_.CancelAll("the fleet is stopped");
      WatchLeases();
      break;
    case v1::CoordinatorMessage::kResultAcks:
      OnResultAcks(message.result_acks());
      break;
    case v1::CoordinatorMessage::kCancel:
      shards_.Cancel(LeaseId(message.cancel().lease()), message.cancel().reason());
      break;
    case v1::CoordinatorMessage::kShardDoneAck:
      shards_.OnShardDoneAck(LeaseId(message.shard_done_ack().lease()));
      break;
    case v1::CoordinatorMessage::kDrain:
      SetDrained(!message.drain().undone());
      break;
    case v1::CoordinatorMessage::kStop:
      SetStopped(!message.stop().undone(), message.stop().reason());
      break;
    case v1::CoordinatorMessage::kRedirect:
      redirected_ = endpoints_.Follow(message.redirect(), BootTime());
      persistence_.OnRedirect();
      break;
    case v1::CoordinatorMessage::KIND_NOT_SET:
      // Of a newer coordinator; what this version does not know it leaves alone.
      break;
  }
}

void Agent::OnWelcome(const v1::Welcome& welcome) {
  spdlog::info("session begins epoch={} coordinator={}", welcome.session_epoch(), welcome.coordinator_version());
  welcomed_ = true;
  stopped_ = false;  // if the fleet still is, that comes next
  why_no_session_.clear();
  endpoints_.OnSession();
  persistence_.OnSession();
  patience_timer_.cancel();
  credits_ = std::max<std::uint32_t>(welcome.credits(), 1);
  lease_time_ = wire::FromWire(welcome.lease_time());
  heartbeat_interval_ = wire::FromWire(welcome.heartbeat_interval());
  const auto& current = welcome.current_leases();
  for (const v1::HeldLease& held : shards_.Held()) {
    if (std::ranges::find(current, held.lease()) == current.end()) {
      shards_.Abandon(LeaseId(held.lease()), "the coordinator has given it to another agent");
    } else {
      shards_.Renew(LeaseId(held.lease()), lease_base_ + lease_time_);
    }
  }
  WatchLeases();
  if (draining_) {
    // Before it gives anything back: that must not come here again.
    v1::AgentMessage message;
    message.mutable_drain_requested();
    Send(std::move(message));
  }
  spool_.ResendAll();
  SendSpooled();
  shards_.ReportFinished(true);
  Beat();
  handlers_.on_session();
}

void Agent::Beat() {
  if (unanswered_.size() < kMaxUnansweredHeartbeats) {
    SendHeartbeat();
  } else if (BootTime() - heard_of_ >= kMaxUnansweredHeartbeats * heartbeat_interval_) {
    spdlog::warn("coordinator does not answer unanswered_heartbeats={}", unanswered_.size());
    stream_->Cancel();
    return;
  }
  // Otherwise the way is slow: acknowledgements come, the answers will, and more questions would not speed them up.
  WaitOn(heartbeat_timer_, heartbeat_interval_, [this] {
    if (welcomed_) Beat();
  });
}

void Agent::SendHeartbeat() {
  SentHeartbeat sent{++heartbeat_number_, BootTime(), absl::Now(), {}};
  v1::AgentMessage message;
  v1::Heartbeat* heartbeat = message.mutable_heartbeat();
  heartbeat->set_number(sent.number);
  *heartbeat->mutable_sent() = wire::ToWire(sent.wall);
  *heartbeat->mutable_health() = health_.Read(engine_);
  if (clock_sample_) *heartbeat->mutable_clock() = *clock_sample_;
  for (const v1::HeldLease& held : shards_.Held()) {
    heartbeat->add_leases(held.lease());
    sent.leases.emplace_back(held.lease());
  }
  unanswered_.push_back(std::move(sent));
  stream_->Send(std::move(message), SessionStream::Turn::kNext);
}

void Agent::OnHeartbeatReply(const v1::HeartbeatReply& reply) {
  for (const std::uint64_t lost : reply.lost_leases()) shards_.Abandon(LeaseId(lost), "its lease has ended");
  for (const v1::CancelShard& cancel : reply.cancel()) shards_.Cancel(LeaseId(cancel.lease()), cancel.reason());
  RenewBy(reply);
  WatchLeases();
}

void Agent::RenewBy(const v1::HeartbeatReply& reply) {
  while (!unanswered_.empty() && unanswered_.front().number < reply.number()) unanswered_.pop_front();
  if (unanswered_.empty() || unanswered_.front().number != reply.number()) return;
  const SentHeartbeat answered = std::move(unanswered_.front());
  unanswered_.pop_front();

  v1::ClockSample& sample = clock_sample_.emplace();
  *sample.mutable_agent_sent() = wire::ToWire(answered.wall);
  *sample.mutable_coordinator_received() = reply.received();
  *sample.mutable_coordinator_sent() = reply.sent();
  *sample.mutable_agent_received() = wire::ToWire(absl::Now());
  clock_offset_.Add({answered.wall, wire::FromWire(reply.received()), wire::FromWire(reply.sent()), absl::Now()});
  if (const auto ahead = clock_offset_.agent_ahead()) engine_.SetClockAhead(*ahead);

  lease_base_ = answered.at;
  std::set<std::uint64_t> not_renewed(reply.not_renewed().begin(), reply.not_renewed().end());
  not_renewed.insert(reply.lost_leases().begin(), reply.lost_leases().end());
  for (const LeaseId& lease : answered.leases) {
    if (!not_renewed.contains(lease.value())) shards_.Renew(lease, lease_base_ + lease_time_);
  }
  SetDrained(reply.drain());
  SetStopped(reply.stopped(), "the fleet is stopped");
  if (reply.has_interval()) heartbeat_interval_ = wire::FromWire(reply.interval());
  shards_.FetchAgain();
}

void Agent::Send(v1::AgentMessage message) {
  if (!welcomed_ || !stream_) return;
  // Progress is for those who watch: what cannot leave soon is not worth that others wait for it.
  if (message.has_progress() && (stream_->waiting() > 0 || keeps_back())) return;
  stream_->Send(std::move(message));
}

void Agent::WatchLeases() {
  const std::optional<SteadyTime> end = shards_.EarliestLeaseEnd();
  if (!end) {
    lease_timer_.cancel();
    return;
  }
  WaitOn(lease_timer_, std::max(*end - BootTime(), absl::ZeroDuration()), [this] {
    shards_.ExpireLeases(BootTime());
    WatchLeases();
  });
}

void Agent::OnClosed(const absl::Status& status) {
  stream_.reset();
  const bool had_session = std::exchange(welcomed_, false);
  why_no_session_ = ToStd(status.message());
  // They may hang on the same dead connection; the shards that wait for them ask again.
  bundles_.CancelAll();
  heartbeat_timer_.cancel();
  patience_timer_.cancel();
  if (exit_code_) {
    FinishStop();
    return;
  }
  if (absl::IsAborted(status) || absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status)) {
    spdlog::error("session refused for good code={} reason=\"{}\"", absl::StatusCodeToString(status.code()),
                  ToStd(status.message()));
    Stop(1);
    return;
  }
  if (draining_ && shards_.empty() && spool_.empty()) {
    Stop(drain_exit_code_);
    return;
  }
  if (redirected_) {
    spdlog::info("redirected coordinator={} reason=\"{}\"", endpoints_.address(), ToStd(status.message()));
    return Connect();
  }
  // Only we cancel: nothing came, over a connection that may be dead. And where nobody answered, gRPC has its own
  // pause.
  const bool unanswered = absl::IsUnavailable(status) && !wire::RedirectOf(status);
  if (absl::IsCancelled(status) || unanswered) endpoints_.Redial();
  // A coordinator that starts again waits a lease time for those who hold a shard.
  const absl::Duration wait = shards_.empty() ? persistence_.Pause() : persistence_.Pause(lease_time_ / 4);
  if (absl::IsCancelled(status)) endpoints_.OnSilence(heard_of_ + std::min(kTakeover, lease_time_ * 0.75));
  const bool never_began = !had_session && !wire::RedirectOf(status);
  const std::string advice = options_.advice && never_began ? options_.advice(status) : std::string();
  const std::string asked = endpoints_.address();
  endpoints_.Next();
  spdlog::warn("session ended coordinator={} code={} reason=\"{}\" retry_in={} retry_at={}{}", asked,
               absl::StatusCodeToString(status.code()), ToStd(status.message()), FormatElapsed(wait),
               endpoints_.address(), advice.empty() ? "" : fmt::format(" next=\"{}\"", advice));
  WaitOn(reconnect_timer_, wait, [this] { Connect(); });
}

std::vector<std::string> Agent::Report() {
  metrics_.Update(engine_, clock_offset_.agent_ahead());
  std::vector<std::string> obstacles;
  // One that an operator drained has a session, and is as it should be.
  if (draining_ || exit_code_) obstacles.emplace_back("it is draining, to end");
  if (!welcomed_) {
    obstacles.push_back(
        fmt::format("no session with a coordinator, last at {}: {}", endpoints_.address(), why_no_session_));
  }
  return obstacles;
}

}  // namespace wsfleet::agent
