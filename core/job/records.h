#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/base/ids.h"
#include "core/job/spec.h"
#include "core/policy/target_policy.h"
#include "core/verdict/result.h"
#include "core/verdict/summary.h"

// What is stored of a fleet. The machine (coordinator/fleet) writes these, a store (coordinator/store) keeps them.
namespace wsfleet {

enum class JobState { kQueued, kPlacing, kRunning, kFinishing, kPassed, kFailed, kInconclusive, kCancelled };
enum class ShardState { kPending, kLeased, kRunning, kDone, kLost };

std::string_view JobStateName(JobState state);      // "running"
std::string_view ShardStateName(ShardState state);  // "leased"
std::optional<JobState> ParseJobState(std::string_view name);
std::optional<ShardState> ParseShardState(std::string_view name);
bool IsTerminal(JobState state);

struct JobRecord {
  JobId id;
  JobSpec spec;
  JobState state = JobState::kQueued;
  absl::Time created = absl::InfinitePast();
  std::optional<absl::Time> started;   // first lease; by the wall clock as it was at `created`
  std::optional<absl::Time> finished;  // terminal state; likewise
  bool cancel_requested = false;
  std::string cancel_reason;
  bool deadline_passed = false;
  std::optional<JobVerdict> verdict;  // set with the terminal state
  std::vector<std::string> reasons;   // why it is not a pass; regions that are left out
  std::uint64_t last_event = 0;       // number of its newest event

  friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

// A lease that has ended, of whose agent results may still come.
struct PastLease {
  LeaseId id;
  std::uint32_t attempt = 0;
  AgentId agent;

  friend bool operator==(const PastLease&, const PastLease&) = default;
};
// Of one shard; results under older ones are not taken, and their cases run again.
inline constexpr std::size_t kMaxPastLeases = 16;

struct ShardRecord {
  ShardId id;
  RegionName region;  // empty until it is known (a term that is an agent id)
  std::string term;   // that it was placed for
  ShardState state = ShardState::kPending;
  AgentId agent;  // current or last
  std::string vantage;
  std::uint32_t attempt = 0;   // leases so far, those that were refused not counted
  std::uint32_t released = 0;  // of these, those that are not held against the limit: given back, or never arrived
  std::uint32_t finished_cases = 0;
  std::uint32_t failed_cases = 0;
  std::string reason;                  // "no agent within 30s"
  std::uint64_t changed = 0;           // number of the job's newest event when it was last written
  std::vector<PastLease> past_leases;  // the newest kMaxPastLeases that have ended, oldest first

  friend bool operator==(const ShardRecord&, const ShardRecord&) = default;
};

struct LeaseRecord {
  LeaseId id;
  ShardId shard;
  std::uint32_t attempt = 0;
  AgentId agent;
  BootId boot;
  std::vector<Budget> shares = {};  // of budgets, by name; reserved as long as the lease lasts

  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

// A batch that was taken: makes a resend recognisable.
struct BatchRecord {
  ShardId shard;
  std::uint32_t attempt = 0;
  BatchSeq seq;

  friend auto operator<=>(const BatchRecord&, const BatchRecord&) = default;
};

// The first result of (shard, case) that was committed; there is never a second.
struct CaseResultRecord {
  ShardId shard;
  std::uint32_t attempt = 0;
  AgentId agent;
  CaseResult result;
};

struct JobEventRecord {
  enum class Kind { kJobChanged, kResult, kNote };
  JobId job;
  std::uint64_t number = 0;  // from 1, without gaps
  absl::Time at;
  Kind kind = Kind::kJobChanged;
  ShardIndex shard;  // kResult
  CaseId case_id;    // kResult
  std::string text;  // kNote: "eu-west-1: agent eu-1 was lost; attempt 2 on eu-2"

  friend bool operator==(const JobEventRecord&, const JobEventRecord&) = default;
};

struct AgentRecord {
  AgentId id;
  RegionName region;
  std::map<std::string, std::string> labels;
  std::string version;
  std::string vantage;
  BootId boot;
  SessionEpoch epoch;    // of its newest stream
  bool drained = false;  // an operator wants it to take nothing new

  friend bool operator==(const AgentRecord&, const AgentRecord&) = default;
};

// Whether anything may run in a fleet, and who said so last.
struct KillSwitch {
  bool stopped = false;
  std::string by;      // a caller's name
  std::string reason;  // of a stop
  absl::Time changed = absl::InfinitePast();

  friend bool operator==(const KillSwitch&, const KillSwitch&) = default;
};
// "fleet-stopped by alice: runaway load"
std::string WhyStopped(const KillSwitch& stop);

// The run of a run key.
struct KnownRun {
  JobId job;
  JobSpec spec;
};

}  // namespace wsfleet
