#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/fleet/events.h"
#include "coordinator/fleet/fleet.h"
#include "core/base/clock_offset.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::coordinator {

// Where the messages for one agent stream go. `end` is called at most once, and nothing after it.
struct AgentSink {
  std::function<void(v1::CoordinatorMessage)> send;
  std::function<void(const absl::Status&)> end;
  std::function<absl::Status()> check;  // whether the agent would be let in now
  bool is_private = false;              // nobody reads what is sent there: TLS, or this machine
  bool keeps_secret_hosts = false;      // Hello.keeps_secret_hosts
};

// What the shell knows of an agent and the machine does not need.
struct AgentFacts {
  v1::AgentHealth health;
  std::uint32_t max_sessions = 0;
  std::optional<absl::Duration> clock_ahead;
};

// An agent as clients see it.
struct AgentListing {
  fleet::AgentView view;
  std::optional<AgentFacts> facts;
};

// The open agent streams of a fleet. Runs on the fleet strand.
class AgentStreams {
 public:
  // After its Hello. The stream of the same agent before stays until the machine closes it.
  fleet::StreamId Open(AgentSink sink, const AgentId& agent, std::uint32_t max_sessions,
                       const std::vector<fleet::HeldLease>& held);
  // Does not call the sink.
  void Close(fleet::StreamId id);

  std::size_t size() const { return streams_.size(); }

  // Null if the stream is gone.
  const AgentSink* SinkOf(fleet::StreamId id) const;

  // Ignored if the stream is gone.
  void Send(fleet::StreamId id, v1::CoordinatorMessage message);
  // Closes it and tells the sink.
  void End(fleet::StreamId id, const absl::Status& status);
  void EndAll(const absl::Status& status);
  // Those of agents that would not be let in now, each with why.
  std::vector<std::pair<fleet::StreamId, absl::Status>> Refused() const;

  void NoteHeartbeat(fleet::StreamId id, const v1::Heartbeat& heartbeat, absl::Time received);
  // When this heartbeat was received; now if that is not known any more.
  absl::Time HeartbeatReceived(fleet::StreamId id, std::uint64_t number) const;

  // Which shard a lease is about, for what an agent reports of it besides its results.
  void NoteLease(fleet::StreamId id, LeaseId lease, const ShardId& shard);
  void ForgetLease(fleet::StreamId id, LeaseId lease);
  std::optional<ShardId> ShardOf(fleet::StreamId id, LeaseId lease) const;

  // An assignment of this bundle goes out. False: so did the one before on this stream.
  bool NoteBundle(fleet::StreamId id, const BundleDigest& bundle);

  // With its facts if it is connected.
  AgentListing Listing(fleet::AgentView view) const;

 private:
  struct Stream {
    AgentSink sink;
    AgentId agent;
    AgentFacts facts;
    ClockOffset clock;
    std::deque<std::pair<std::uint64_t, absl::Time>> heartbeats;  // the last few, as received
    std::map<LeaseId, ShardId> leases;
    BundleDigest last_bundle;
  };
  // An agent gives up after three heartbeats without an answer.
  static constexpr std::size_t kMaxHeartbeats = 4;

  std::uint64_t last_id_ = 0;
  std::map<fleet::StreamId, Stream> streams_;
  std::map<AgentId, fleet::StreamId> newest_;
};

}  // namespace wsfleet::coordinator
