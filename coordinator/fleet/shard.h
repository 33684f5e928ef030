#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/base/now.h"
#include "core/job/records.h"
#include "core/job/term.h"

namespace wsfleet::fleet {

// Why a lease has ended.
enum class LeaseEnd {
  kLost,          // its agent was lost or restarted, or gave the shard up
  kIncomplete,    // the agent reported its end, and cases are missing
  kMismatch,      // the agent's totals contradict what was counted: the shard is not believed
  kReleased,      // given back by an agent that drains or has no room: not held against the limit
  kNeverArrived,  // the agent does not know it and never did: not held against the limit
  kRefused,       // the agent cannot run it: the lease was no attempt
  kDenied,        // a budget had no room for its share when it was committed: it never was
  kSecretLost,    // the coordinator cannot open the job's secrets (any more): no agent can be given it
  kNotStored,     // the store can never hold something of the job
};

struct TakenCase {
  std::uint32_t attempt = 0;
  AgentId agent;
  CaseResult result;  // as far as a verdict rests on it: see WithoutBulk
};

// What one agent runs of a job: every case of its plan. A shard is pending (waits for an agent), leased, running (the
// agent has confirmed the lease) or done; `record.reason` says why it has no further lease or was given another.
struct Shard {
  ShardRecord record;
  Term term;
  LeaseId lease;                  // empty: none
  bool overdue = false;           // the attempt's time is over: it is to stop; not stored
  bool waits_for_budget = false;  // and people were told; not stored
  SteadyTime waits_until;         // of the waiting before this lease; not stored
  std::map<CaseId, TakenCase> cases;
  std::set<std::pair<std::uint32_t, BatchSeq>> batches;  // (attempt, seq) of those that were taken
  std::set<AgentId> refused_by;                          // not asked again; not stored

  bool is_done() const { return record.state == ShardState::kDone; }
  bool is_waiting() const { return !is_done() && lease.empty(); }

  // The region, or the term while the region is not known.
  const std::string& Place() const { return record.region.empty() ? record.term : record.region.value(); }

  // The agent had this lease of it, for this attempt, and the lease has ended.
  bool WasLeased(LeaseId id, std::uint32_t attempt, const AgentId& agent) const;

  // Attempts that count against the limit.
  std::uint32_t UsedAttempts() const { return record.attempt - record.released; }

  // Cases whose result came with this attempt.
  std::uint32_t CountedIn(std::uint32_t attempt) const;

  void BeginLease(const LeaseRecord& given, const AgentRecord& to);

  // The agent has shown that it works under the lease. False if that was known.
  bool Confirm();

  // What the store had of a lease that was denied when the machine that asked for it ended. False: there was none.
  bool ForgetDenied();

  void Finish(std::string reason);

  // Ends the lease. The shard waits for the next one, unless `complete` (every case has a result), `stopped` (the job
  // is to end, with this reason), or no attempt is left.
  void EndLease(LeaseEnd end, std::string why, bool complete, const std::optional<std::string>& stopped,
                std::uint32_t max_attempts);
};

}  // namespace wsfleet::fleet
