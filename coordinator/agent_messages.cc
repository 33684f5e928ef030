#include "coordinator/agent_messages.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/identifier.h"
#include "core/base/version.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"
#include "proto/wire/secrets.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kMaxLabels = 64;
constexpr std::size_t kMaxLabelBytes = 256;
constexpr int kMaxHeld = 1000;
constexpr int kMaxResults = 64;
// Batches that one agent may have on their way.
constexpr std::uint32_t kCredits = 16;
constexpr absl::Duration kShortestInterval = absl::Seconds(2);
constexpr absl::Duration kLongestInterval = absl::Seconds(10);
constexpr double kHeartbeatsPerSecond = 500;

absl::Status CheckIdentifier(std::string_view field, std::string_view text) {
  if (IsIdentifier(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: expected 1 to {} letters, digits, '.', '_' or '-'", field, kMaxIdentifierBytes));
}

absl::Status CheckHello(const v1::Hello& hello, const FleetName& fleet) {
  if (hello.fleet() != fleet.value()) {
    return absl::InvalidArgumentError(
        fmt::format("hello.fleet: this coordinator serves fleet \"{}\", found \"{}\"", fleet.value(), hello.fleet()));
  }
  if (hello.labels_size() > kMaxLabels) return wire::CheckCount("hello.labels", hello.labels_size(), kMaxLabels);
  for (const auto& [name, value] : hello.labels()) {
    if (auto status = wire::CheckText("hello.labels", name, kMaxLabelBytes); !status.ok()) return status;
    if (auto status = wire::CheckText("hello.labels", value, kMaxLabelBytes); !status.ok()) return status;
  }
  for (const auto& [field, text] : {std::pair<std::string_view, std::string_view>{"hello.agent", hello.agent()},
                                    {"hello.boot", hello.boot()},
                                    {"hello.region", hello.region()}}) {
    if (auto status = CheckIdentifier(field, text); !status.ok()) return status;
  }
  if (auto status = wire::CheckText("hello.vantage", hello.vantage(), kMaxLabelBytes); !status.ok()) return status;
  if (auto status = wire::CheckText("hello.agent_version", hello.agent_version(), kMaxLabelBytes); !status.ok()) {
    return status;
  }
  return wire::CheckCount("hello.held", hello.held_size(), kMaxHeld);
}

v1::Disposition ToWire(fleet::Disposition disposition) {
  switch (disposition) {
    case fleet::Disposition::kCounted:
      return v1::DISPOSITION_COUNTED;
    case fleet::Disposition::kDuplicate:
      return v1::DISPOSITION_DUPLICATE;
    case fleet::Disposition::kLate:
      return v1::DISPOSITION_LATE;
    case fleet::Disposition::kFenced:
      return v1::DISPOSITION_FENCED;
  }
  return v1::DISPOSITION_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<fleet::AgentConnected> ParseHello(const v1::Hello& hello, const FleetName& fleet) {
  if (auto status = CheckHello(hello, fleet); !status.ok()) return status;
  fleet::AgentConnected event;
  event.agent.id = AgentId(hello.agent());
  event.agent.region = RegionName(hello.region());
  event.agent.labels.insert(hello.labels().begin(), hello.labels().end());
  event.agent.version = hello.agent_version();
  event.agent.vantage = hello.vantage();
  event.agent.boot = BootId(hello.boot());
  event.max_shards = hello.capacity().shards();
  event.language_minor = hello.language_minor();
  event.takes_not_renewed = hello.takes_not_renewed();
  for (const v1::HeldLease& held : hello.held()) {
    event.held.push_back({LeaseId(held.lease()), {JobId(held.job()), ShardIndex(held.shard())}, held.interrupted()});
  }
  return event;
}

absl::StatusOr<fleet::HeartbeatReceived> ParseHeartbeat(const v1::Heartbeat& heartbeat) {
  if (auto status = wire::CheckCount("heartbeat.leases", heartbeat.leases_size(), kMaxHeld); !status.ok())
    return status;
  fleet::HeartbeatReceived event;
  event.number = heartbeat.number();
  for (const std::uint64_t lease : heartbeat.leases()) event.leases.emplace_back(lease);
  return event;
}

absl::StatusOr<fleet::ResultsReceived> ParseResults(const v1::ResultBatch& batch) {
  if (auto status = wire::CheckCount("results.results", batch.results_size(), kMaxResults); !status.ok()) return status;
  fleet::ResultsReceived event;
  event.lease = LeaseId(batch.lease());
  event.shard = {JobId(batch.job()), ShardIndex(batch.shard())};
  event.attempt = batch.attempt();
  event.seq = BatchSeq(batch.seq());
  for (const v1::CaseResult& proto : batch.results()) {
    auto result = wire::FromWire(proto);
    if (!result.ok()) return result.status();
    event.results.push_back(*std::move(result));
  }
  return event;
}

absl::StatusOr<fleet::ShardFinished> ParseShardDone(const v1::ShardDone& done) {
  fleet::ShardFinished event;
  event.lease = LeaseId(done.lease());
  event.shard = {JobId(done.job()), ShardIndex(done.shard())};
  event.attempt = done.attempt();
  event.reported_cases = done.reported_cases();
  switch (done.end()) {
    case v1::SHARD_END_COMPLETED:
      event.end = fleet::ShardEnd::kCompleted;
      return event;
    case v1::SHARD_END_CANCELLED:
      event.end = fleet::ShardEnd::kCancelled;
      return event;
    case v1::SHARD_END_RELEASED:
      event.end = fleet::ShardEnd::kReleased;
      return event;
    case v1::SHARD_END_INTERRUPTED:
      event.end = fleet::ShardEnd::kInterrupted;
      return event;
    case v1::SHARD_END_EXPIRED:
      event.end = fleet::ShardEnd::kExpired;
      return event;
    default:
      return absl::InvalidArgumentError(
          fmt::format("shard_done.end: {} is not one that this version knows", static_cast<int>(done.end())));
  }
}

absl::Duration HeartbeatInterval(absl::Duration lease_time, std::size_t agents) {
  const absl::Duration at_most =
      std::clamp(lease_time / 6, std::min(absl::Seconds(1), lease_time / 3), kLongestInterval);
  const absl::Duration at_least = std::min(kShortestInterval, at_most);
  return std::clamp(static_cast<double>(agents) / kHeartbeatsPerSecond * absl::Seconds(1), at_least, at_most);
}

v1::CoordinatorMessage ToMessage(const fleet::SendWelcome& effect, const SessionTimes& times) {
  v1::CoordinatorMessage message;
  v1::Welcome* welcome = message.mutable_welcome();
  welcome->set_session_epoch(effect.epoch.value());
  *welcome->mutable_lease_time() = wire::ToWire(times.lease_time);
  *welcome->mutable_heartbeat_interval() = wire::ToWire(times.heartbeat_interval);
  welcome->set_credits(kCredits);
  welcome->set_coordinator_version(kVersion);
  for (const LeaseId lease : effect.current_leases) welcome->add_current_leases(lease.value());
  return message;
}

v1::CoordinatorMessage ToMessage(const fleet::SendHeartbeatReply& effect, const SessionTimes& times,
                                 absl::Time received) {
  v1::CoordinatorMessage message;
  v1::HeartbeatReply* reply = message.mutable_heartbeat_reply();
  reply->set_number(effect.number);
  *reply->mutable_interval() = wire::ToWire(times.heartbeat_interval);
  for (const LeaseId lease : effect.cancel) reply->add_cancel()->set_lease(lease.value());
  for (const LeaseId lease : effect.lost) reply->add_lost_leases(lease.value());
  for (const LeaseId lease : effect.not_renewed) reply->add_not_renewed(lease.value());
  reply->set_drain(effect.drain);
  reply->set_stopped(effect.stopped);
  *reply->mutable_received() = wire::ToWire(received);
  // Last, so that our own work lies between the two stamps.
  *reply->mutable_sent() = wire::ToWire(absl::Now());
  return message;
}

v1::CoordinatorMessage ToMessage(const fleet::SendAssignment& effect, const SessionTimes& times,
                                 const GivenSecrets& secrets) {
  v1::CoordinatorMessage message;
  v1::Assignment* assignment = message.mutable_assignment();
  assignment->set_lease(effect.lease.id.value());
  *assignment->mutable_lease_time() = wire::ToWire(times.lease_time);
  assignment->set_job(effect.lease.shard.job.value());
  assignment->set_shard(effect.lease.shard.index.value());
  assignment->set_shards(effect.shards);
  assignment->set_attempt(effect.lease.attempt);
  assignment->mutable_bundle()->set_digest(effect.spec->bundle.value());
  assignment->mutable_bundle()->set_bytes(effect.spec->bundle_bytes);
  *assignment->mutable_selection() = wire::ToWire(effect.spec->selection);
  *assignment->mutable_variables() = wire::ToWire(effect.spec->variables);
  wire::PutSecrets(secrets, *assignment);
  for (const CaseId& id : effect.finished_cases) assignment->add_finished_cases(id.value());
  *assignment->mutable_job_time_left() = wire::ToWire(effect.job_time_left);
  assignment->set_is_scheduled(!effect.spec->schedule.empty());
  if (effect.report_after > absl::ZeroDuration()) {
    *assignment->mutable_report_after() = wire::ToWire(effect.report_after);
  }
  if (effect.policy != nullptr) assignment->set_policy(*effect.policy);
  if (effect.share.connections) assignment->mutable_share()->set_connections(*effect.share.connections);
  if (effect.share.sessions_per_second) {
    assignment->mutable_share()->set_sessions_per_second(*effect.share.sessions_per_second);
  }
  for (const Budget& of_lease : effect.lease.shares) {
    v1::BudgetShare* share = assignment->mutable_share()->add_budgets();
    share->set_name(of_lease.name.value());
    share->set_connections(of_lease.connections);
    share->set_sessions_per_second(of_lease.sessions_per_second);
  }
  return message;
}

v1::CoordinatorMessage ToMessage(const fleet::SendResultAck& effect) {
  v1::CoordinatorMessage message;
  v1::ResultAcks::Ack* ack = message.mutable_result_acks()->add_acks();
  ack->set_lease(effect.lease.value());
  ack->set_seq(effect.seq.value());
  ack->set_disposition(ToWire(effect.disposition));
  return message;
}

v1::CoordinatorMessage ToMessage(const fleet::SendShardDoneAck& effect) {
  v1::CoordinatorMessage message;
  message.mutable_shard_done_ack()->set_lease(effect.lease.value());
  return message;
}

v1::CoordinatorMessage ToMessage(const fleet::SendDrain& effect) {
  v1::CoordinatorMessage message;
  message.mutable_drain()->set_undone(!effect.drain);
  return message;
}

v1::CoordinatorMessage ToMessage(const fleet::SendStop& effect) {
  v1::CoordinatorMessage message;
  message.mutable_stop()->set_undone(!effect.stopped);
  message.mutable_stop()->set_reason(effect.why);
  return message;
}

v1::CoordinatorMessage ToMessage(const fleet::SendCancel& effect) {
  v1::CoordinatorMessage message;
  message.mutable_cancel()->set_lease(effect.lease.value());
  message.mutable_cancel()->set_reason(effect.reason);
  return message;
}

}  // namespace wsfleet::coordinator
