#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/fleet/effects.h"
#include "coordinator/fleet/events.h"
#include "core/secret/given_secret.h"
#include "wsfleet/v1/agent_session.pb.h"

// Messages of the agent session to events, and effects to messages. Pure. What does not keep the limits of
// agent_session.proto is INVALID_ARGUMENT, with the field's name.
namespace wsfleet::coordinator {

absl::StatusOr<fleet::AgentConnected> ParseHello(const v1::Hello& hello, const FleetName& fleet);
absl::StatusOr<fleet::HeartbeatReceived> ParseHeartbeat(const v1::Heartbeat& heartbeat);
absl::StatusOr<fleet::ResultsReceived> ParseResults(const v1::ResultBatch& batch);
absl::StatusOr<fleet::ShardFinished> ParseShardDone(const v1::ShardDone& done);

struct SessionTimes {
  absl::Duration lease_time;
  absl::Duration heartbeat_interval;
};

// How often an agent of a fleet of so many is heard: some hundred heartbeats a second are enough for all of them. Two
// to ten seconds where the lease leaves room for it; at least three in a lease, so that one that is lost does not end
// it.
absl::Duration HeartbeatInterval(absl::Duration lease_time, std::size_t agents);

v1::CoordinatorMessage ToMessage(const fleet::SendWelcome& effect, const SessionTimes& times);
// `received`: when the heartbeat came.
v1::CoordinatorMessage ToMessage(const fleet::SendHeartbeatReply& effect, const SessionTimes& times,
                                 absl::Time received);
v1::CoordinatorMessage ToMessage(const fleet::SendAssignment& effect, const SessionTimes& times,
                                 const GivenSecrets& secrets);
v1::CoordinatorMessage ToMessage(const fleet::SendResultAck& effect);
v1::CoordinatorMessage ToMessage(const fleet::SendShardDoneAck& effect);
v1::CoordinatorMessage ToMessage(const fleet::SendDrain& effect);
v1::CoordinatorMessage ToMessage(const fleet::SendStop& effect);
v1::CoordinatorMessage ToMessage(const fleet::SendCancel& effect);

}  // namespace wsfleet::coordinator
