#include "coordinator/agent_streams.h"

#include <utility>

#include "proto/wire/convert.h"

namespace wsfleet::coordinator {

fleet::StreamId AgentStreams::Open(AgentSink sink, const AgentId& agent, std::uint32_t max_sessions,
                                   const std::vector<fleet::HeldLease>& held) {
  const fleet::StreamId id(++last_id_);
  Stream& stream = streams_[id];
  stream.sink = std::move(sink);
  stream.agent = agent;
  stream.facts.max_sessions = max_sessions;
  for (const fleet::HeldLease& lease : held) stream.leases.emplace(lease.lease, lease.shard);
  newest_[agent] = id;
  return id;
}

void AgentStreams::Close(fleet::StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  if (const auto newest = newest_.find(found->second.agent); newest != newest_.end() && newest->second == id) {
    newest_.erase(newest);
  }
  streams_.erase(found);
}

const AgentSink* AgentStreams::SinkOf(fleet::StreamId id) const {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second.sink;
}

void AgentStreams::Send(fleet::StreamId id, v1::CoordinatorMessage message) {
  if (const auto found = streams_.find(id); found != streams_.end()) found->second.sink.send(std::move(message));
}

void AgentStreams::End(fleet::StreamId id, const absl::Status& status) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  // The sink may come back to close what it ends.
  const AgentSink sink = found->second.sink;
  Close(id);
  sink.end(status);
}

void AgentStreams::EndAll(const absl::Status& status) {
  while (!streams_.empty()) End(streams_.begin()->first, status);
}

std::vector<std::pair<fleet::StreamId, absl::Status>> AgentStreams::Refused() const {
  std::vector<std::pair<fleet::StreamId, absl::Status>> refused;
  for (const auto& [id, stream] : streams_) {
    if (absl::Status status = stream.sink.check(); !status.ok()) refused.emplace_back(id, std::move(status));
  }
  return refused;
}

void AgentStreams::NoteHeartbeat(fleet::StreamId id, const v1::Heartbeat& heartbeat, absl::Time received) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  stream.heartbeats.emplace_back(heartbeat.number(), received);
  if (stream.heartbeats.size() > kMaxHeartbeats) stream.heartbeats.pop_front();
  stream.facts.health = heartbeat.health();
  if (!heartbeat.has_clock()) return;
  const v1::ClockSample& sample = heartbeat.clock();
  stream.clock.Add({wire::FromWire(sample.agent_sent()), wire::FromWire(sample.coordinator_received()),
                    wire::FromWire(sample.coordinator_sent()), wire::FromWire(sample.agent_received())});
  stream.facts.clock_ahead = stream.clock.agent_ahead();
}

absl::Time AgentStreams::HeartbeatReceived(fleet::StreamId id, std::uint64_t number) const {
  if (const auto found = streams_.find(id); found != streams_.end()) {
    for (const auto& [seen, received] : found->second.heartbeats) {
      if (seen == number) return received;
    }
  }
  return absl::Now();
}

void AgentStreams::NoteLease(fleet::StreamId id, LeaseId lease, const ShardId& shard) {
  if (const auto found = streams_.find(id); found != streams_.end()) found->second.leases.emplace(lease, shard);
}

void AgentStreams::ForgetLease(fleet::StreamId id, LeaseId lease) {
  if (const auto found = streams_.find(id); found != streams_.end()) found->second.leases.erase(lease);
}

std::optional<ShardId> AgentStreams::ShardOf(fleet::StreamId id, LeaseId lease) const {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return std::nullopt;
  const auto shard = found->second.leases.find(lease);
  return shard == found->second.leases.end() ? std::nullopt : std::optional(shard->second);
}

bool AgentStreams::NoteBundle(fleet::StreamId id, const BundleDigest& bundle) {
  const auto found = streams_.find(id);
  return found != streams_.end() && std::exchange(found->second.last_bundle, bundle) != bundle;
}

AgentListing AgentStreams::Listing(fleet::AgentView view) const {
  AgentListing listing{std::move(view), std::nullopt};
  const auto newest = newest_.find(listing.view.agent.id);
  if (newest != newest_.end()) listing.facts = streams_.at(newest->second).facts;
  return listing;
}

}  // namespace wsfleet::coordinator
