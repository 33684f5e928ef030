#pragma once

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "coordinator/fleet/budgets.h"
#include "coordinator/fleet/deadline.h"
#include "coordinator/fleet/deadline_set.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/job.h"
#include "coordinator/fleet/leases.h"
#include "coordinator/fleet/matchmaker.h"
#include "coordinator/fleet/outbox.h"
#include "coordinator/fleet/policy.h"
#include "coordinator/fleet/run_keys.h"
#include "coordinator/fleet/scheduler.h"
#include "coordinator/fleet/sessions.h"

namespace wsfleet::fleet {

// What Fleet is made of. One turn is one Apply: due deadlines and ticks, the event, placement, then the rows and events
// of every job that changed. The handlers are grouped by what they are about: fleet.cc has turns and deadlines.
class Fleet::Machine {
 public:
  explicit Machine(FleetSettings settings);

  void Restore(const FleetSnapshot& snapshot, const Now& now, const LeaseMemory& known);
  FleetSnapshot Snapshot() const;
  LeaseMemory KnownLeases() const;
  std::vector<RequestId> RequestsOf(CommitId commit) const { return outbox_.RequestsOf(commit); }

  std::vector<Effect> Apply(const Event& event, const Now& now);
  SteadyTime NextWakeup() const;
  std::vector<AgentView> AgentsAfter(const AgentPlace& after, std::size_t limit) const;
  std::optional<AgentView> FindAgent(const AgentId& id) const;
  Census Count() const;
  bool HasLeaseOn(const AgentId& agent, const BundleDigest& bundle) const;

 private:
  void On(const AgentConnected& event);
  void On(const AgentDisconnected& event);
  void On(const HeartbeatReceived& event);
  void On(const DrainRequested& event);
  void On(const SetDrained& event);
  void On(const SetStopped& event);
  void On(const SetPolicy& event);
  void On(const ReadingPaused& event);
  void On(const ReadingResumed& event);
  void On(const ResultsReceived& event);
  void On(const ShardFinished& event);
  void On(const AssignmentRefused& event);
  void On(const SecretLost& event);
  void On(const SubmitRequested& event);
  void On(const CancelRequested& event);
  void On(const WatchersChanged& event);
  void On(const ScheduleRequested& event) { outbox_.Send(scheduler_.Carry(event)); }
  void On(const TriggerRequested& event);
  void On(const Persisted& event);
  void On(const StoreRefused& event);
  void On(const TimePassed&) {}
  void On(const LeaseExpires& due);
  void On(const AttemptDue& due);
  void On(const ShardWaited& due);
  void On(const JobWaited& due);
  void On(const JobDue& due);
  void On(const JobUnwatched& due);
  void On(const AgentForgotten& due);
  void On(const QuarantineEnds& due);
  void On(const BudgetOld& due);
  void NoteSent(const SendHeartbeatReply& reply);  // fleet.cc: an effect is emitted
  void NoteSent(const SendAssignment& assignment);
  // agents.cc
  AgentView View(const Agent& agent) const;
  bool TakesOverTooOften(Agent& agent) const;
  void Quarantine(Agent& agent, const AgentConnected& rival);
  void SendAway(StreamId stream, const Agent& agent);
  void Lose(Agent& agent);
  void EndLeasesNotHeld(const AgentId& agent, bool same_process, const std::set<LeaseId>& held);
  bool Renew(const Agent& agent, LeaseId lease);
  void SetDrainedOf(Agent& agent, bool drained);
  void ForgetLater(const Agent& agent, absl::Duration listed);
  AgentView::State StateOf(const Agent& agent) const;
  void RoomChanged(const Agent& agent);  // it may have gained or lost room for a shard
  // results.cc
  Disposition Take(const Agent& agent, Job& job, const ResultsReceived& event);
  std::optional<std::string> WhyToStop(const LeaseRecord& lease);  // absent: its agent is not to
  void Complete(Job& job, const LeaseRecord& lease, std::uint32_t reported_cases);
  void EndLease(LeaseId id, LeaseEnd end, std::string why);
  // jobs.cc
  Job* FindJob(const JobId& id);
  absl::Status CheckSpec(const JobSpec& spec) const;                    // whether it could run at any time
  absl::Status CheckSubmit(const JobSpec& spec) const;                  // and whether it can now
  absl::Status CheckSize(std::size_t shards, std::size_t cases) const;  // of its shards, which may be more
  absl::Status CheckRoom(std::size_t shards, std::size_t cases) const;
  std::vector<Term> TermsOf(const JobSpec& spec) const;
  Job& Accept(const JobId& id, JobSpec spec);
  absl::StatusOr<JobId> StartScheduled(JobSpec spec, std::string note);
  void Cancel(Job& job, std::string_view reason);
  void Stop(Job& job);
  void RestartUnwatched(const Job& job);
  void AddNote(Job& job, std::string text);
  void AddEvent(Job& job, JobEventRecord event);
  TouchedJob& Touch(const Job& job) { return touched_[job.id()]; }
  void TouchShard(const Job& job, const Shard& shard, bool announce);
  void WriteTouched();
  void Forget(const Job& job);
  // placing.cc
  void BeginPlacing(Job& job, std::vector<Term> terms);
  void Wait(const Job& job, const Shard& shard);
  void StopWaiting(const Job& job, const Shard& shard);
  void Place();
  void PlaceQueued();
  void Lease(Job& job, Shard& shard, const Agent& agent, std::vector<Budget> shares);
  std::vector<Budget> SharesOf(const Job& job);
  void WaitForBudget(Job& job, Shard& shard, const BudgetName& budget);
  std::string WhyNoShare(const Job& job, const BudgetName& budget) const;
  void OfferParked(const std::vector<Budgets::Key>& keys);
  // stop.cc
  void StopNext();
  bool MayPlace() const { return !kill_switch_.stopped && stopping_.empty(); }
  // snapshot.cc
  void RestoreJobs(const FleetSnapshot& snapshot);
  void ResumeJob(const Job& job);

  FleetSettings settings_;
  std::mt19937_64 random_;
  Policy policy_;
  Now now_;  // of the turn
  Outbox outbox_;
  DeadlineSet<Deadline> deadlines_;
  Sessions sessions_;
  Leases leases_;
  std::map<JobId, Job> jobs_;  // that have not ended
  std::uint64_t next_order_ = 1;
  RunKeys keys_;
  std::set<std::pair<std::uint64_t, JobId>> queued_;  // without shards, oldest first
  std::size_t open_shards_ = 0;                       // of all of them
  Matchmaker matchmaker_;
  Budgets budgets_;
  Scheduler scheduler_;
  KillSwitch kill_switch_;
  std::deque<JobId> stopping_;           // were told to end, and their shards not yet
  std::map<JobId, TouchedJob> touched_;  // in this turn
};

}  // namespace wsfleet::fleet
