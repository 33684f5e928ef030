#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/base/now.h"
#include "core/job/records.h"

// What the machine is told, and what it asks for. Plain values; the shell turns streams into events and effects into
// messages.
namespace wsfleet::fleet {

using StreamId = NumberId<struct StreamIdTag>;    // one agent stream, given by the shell, never reused
using RequestId = NumberId<struct RequestIdTag>;  // one client request that waits for an answer
using CommitId = NumberId<struct CommitIdTag>;    // rises by one with each Persist

// --- events -------------------------------------------------------------------------------------------------------

struct HeldLease {
  LeaseId lease;
  ShardId shard;
};
struct AgentConnected {
  StreamId stream;
  AgentRecord agent;  // epoch is ignored: the machine gives it
  std::uint32_t max_shards = 1;
  std::uint32_t language_minor = 1;
  std::vector<HeldLease> held;
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
enum class ShardEnd { kCompleted, kCancelled, kReleased };
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
struct DrainRequested {
  StreamId stream;
};
struct SubmitRequested {
  RequestId request;
  JobId id;  // proposed by the shell, random
  JobSpec spec;
};
struct CancelRequested {
  RequestId request;
  JobId job;
  std::string reason;
};
// How many clients watch a job now (the shell counts).
struct WatchersChanged {
  JobId job;
  std::uint32_t watchers = 0;
};
// The batch of this commit is durable.
struct Persisted {
  CommitId commit;
};
// Time has passed; due deadlines are acted on. Every event does this too.
struct TimePassed {};

using Event = std::variant<AgentConnected, AgentDisconnected, HeartbeatReceived, ResultsReceived, ShardFinished,
                           AssignmentRefused, DrainRequested, SubmitRequested, CancelRequested, WatchersChanged,
                           Persisted, TimePassed>;

// --- effects ------------------------------------------------------------------------------------------------------

// Commit this, then report Persisted{commit}. Commits are reported in order. If one fails or its outcome is unknown, the
// machine is discarded and rebuilt by Fleet::Load.
struct Persist {
  CommitId commit;
  WriteBatch batch;
};
struct SendWelcome {
  StreamId stream;
  SessionEpoch epoch;
  std::vector<LeaseId> current_leases;
};
struct SendHeartbeatReply {
  StreamId stream;
  std::uint64_t number = 0;
  std::vector<LeaseId> cancel;
  std::vector<LeaseId> lost;
  bool drain = false;
};
// The shell adds bundle, variables and opened secrets.
struct SendAssignment {
  StreamId stream;
  LeaseRecord lease;
  JobSpec spec;
  std::vector<CaseId> finished_cases;
  absl::Duration job_time_left;
};
enum class Disposition { kCounted, kDuplicate, kLate, kFenced };
struct SendResultAck {
  StreamId stream;
  LeaseId lease;
  BatchSeq seq;
  Disposition disposition = Disposition::kCounted;
};
struct SendShardDoneAck {
  StreamId stream;
  LeaseId lease;
};
struct SendCancel {
  StreamId stream;
  LeaseId lease;
  std::string reason;
};
// End the stream with ABORTED and this reason (fenced by a newer one, refused hello).
struct CloseStream {
  StreamId stream;
  std::string reason;
};
struct AnswerSubmit {
  RequestId request;
  absl::Status status;  // ALREADY_EXISTS: the key has another spec; RESOURCE_EXHAUSTED: a limit
  JobId job;
  bool attached = false;
};
struct AnswerCancel {
  RequestId request;
  absl::Status status;  // NOT_FOUND
};
// New events of this job are durable: watchers read them from the store.
struct NotifyWatchers {
  JobId job;
  std::uint64_t last_event = 0;
};

using Effect = std::variant<Persist, SendWelcome, SendHeartbeatReply, SendAssignment, SendResultAck, SendShardDoneAck,
                            SendCancel, CloseStream, AnswerSubmit, AnswerCancel, NotifyWatchers>;

}  // namespace wsfleet::fleet
