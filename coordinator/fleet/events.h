#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/fleet/client_events.h"
#include "core/base/ids.h"
#include "core/base/now.h"
#include "core/job/batch.h"
#include "core/job/records.h"

// What the machine is told. Plain values; the shell turns streams and requests into events. An event of a stream that a
// newer one of the same agent has fenced is ignored.
namespace wsfleet::fleet {

using StreamId = NumberId<struct StreamIdTag>;  // one agent stream, given by the shell, never reused
using CommitId = NumberId<struct CommitIdTag>;  // rises by one with each Persist

struct HeldLease {
  LeaseId lease;
  ShardId shard;
  bool interrupted = false;  // by the end of the process that ran it; what that one spooled follows
};
struct AgentConnected {
  StreamId stream;
  AgentRecord agent;  // epoch is ignored: the machine gives it
  std::uint32_t max_shards = 1;
  std::uint32_t language_minor = 1;  // of the scenario language; the highest that it speaks
  std::vector<HeldLease> held;
  bool takes_not_renewed = false;  // SendHeartbeatReply::not_renewed
};
struct AgentDisconnected {
  StreamId stream;
};
struct HeartbeatReceived {
  StreamId stream;
  std::uint64_t number = 0;
  std::vector<LeaseId> leases;
};
struct ResultsReceived {
  StreamId stream;
  LeaseId lease;
  ShardId shard;
  std::uint32_t attempt = 0;
  BatchSeq seq;
  std::vector<CaseResult> results;
};
enum class ShardEnd { kCompleted, kCancelled, kReleased, kInterrupted, kExpired };
struct ShardFinished {
  StreamId stream;
  LeaseId lease;
  ShardId shard;
  std::uint32_t attempt = 0;
  ShardEnd end = ShardEnd::kCompleted;
  std::uint32_t reported_cases = 0;
};
struct AssignmentRefused {
  StreamId stream;
  LeaseId lease;
  std::string reason;
};
// What an assignment should have carried cannot be opened: it was not sent.
struct SecretLost {
  LeaseId lease;
  std::string why;
};
// The agent's process was told to stop.
struct DrainRequested {
  StreamId stream;
};
// The shell does not read the stream for a while, or does again: the store is behind with what agents have sent.
struct ReadingPaused {
  StreamId stream;
};
struct ReadingResumed {
  StreamId stream;
};
// The batch of this commit is durable, but for leases that were denied.
struct Persisted {
  CommitId commit;
  CommitOutcome outcome = {};
};
// Something that was to be stored of this job the store can never hold (the machine that wanted it was discarded): the
// job ends with what is stored of it.
struct StoreRefused {
  JobId job;
  std::string why;
};
// Time has passed; due deadlines are acted on. Every event does this too.
struct TimePassed {};

using Event = std::variant<AgentConnected, AgentDisconnected, HeartbeatReceived, ResultsReceived, ShardFinished,
                           AssignmentRefused, SecretLost, DrainRequested, ReadingPaused, ReadingResumed,
                           SubmitRequested, CancelRequested, SetDrained, SetStopped, SetPolicy, WatchersChanged,
                           ScheduleRequested, TriggerRequested, Persisted, StoreRefused, TimePassed>;

}  // namespace wsfleet::fleet
