#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/base/now.h"
#include "core/job/records.h"
#include "core/schedule/records.h"

// What the machine is told. Plain values; the shell turns streams and requests into events. An event of a stream that a
// newer one of the same agent has fenced is ignored.
namespace wsfleet::fleet {

using StreamId = NumberId<struct StreamIdTag>;    // one agent stream, given by the shell, never reused
using RequestId = NumberId<struct RequestIdTag>;  // one client request that waits for an answer
using CommitId = NumberId<struct CommitIdTag>;    // rises by one with each Persist

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
// The machine knows the keys of open runs only: what is kept of ended ones may be more than memory holds. So the shell
// looks the key up in the store, and reports no commit that this did not see before it applies the event.
struct SubmitRequested {
  RequestId request;
  JobId id;  // proposed by the shell, random
  JobSpec spec;
  std::optional<KnownRun> stored = {};  // the run of the same key
};
struct CancelRequested {
  RequestId request;
  JobId job;
  std::string reason;
};
// An operator wants agents to take nothing new, or to take work again: these, and those that are known in this region.
struct SetDrained {
  RequestId request;
  std::vector<AgentId> agents;
  RegionName region;  // empty: none
  bool drained = true;
};
struct ApplySchedule {
  ScheduleSpec spec;
  std::optional<ScheduleEdition> expected;  // absent: whatever is there
  bool dry_run = false;                     // only say what would become of it
};
struct PauseSchedule {
  ScheduleName schedule;
  std::string reason;
};
struct ResumeSchedule {
  ScheduleName schedule;
};
struct DeleteSchedule {
  ScheduleName schedule;
  std::optional<ScheduleEdition> expected = {};
};
using ScheduleRequest = std::variant<ApplySchedule, PauseSchedule, ResumeSchedule, DeleteSchedule>;
struct ScheduleRequested {
  RequestId request;
  ScheduleRequest what;
};
// A run of a schedule now, by hand. Answered as a submit.
struct TriggerRequested {
  RequestId request;
  JobId id;  // proposed by the shell, random
  ScheduleName schedule;
  RunKey key;
  std::optional<KnownRun> stored = {};  // as of a submit
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
                           AssignmentRefused, SecretLost, DrainRequested, ReadingPaused, ReadingResumed,
                           SubmitRequested, CancelRequested, SetDrained, WatchersChanged, ScheduleRequested,
                           TriggerRequested, Persisted, TimePassed>;

}  // namespace wsfleet::fleet
