#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/fleet/deadline_set.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/job.h"
#include "coordinator/fleet/leases.h"
#include "coordinator/fleet/outbox.h"
#include "coordinator/fleet/sessions.h"

namespace wsfleet::fleet {

// What Fleet is made of. One turn is one Apply: due deadlines, the event, placement, then the rows and events of every
// job that changed. The handlers are grouped by what they are about: fleet.cc (turns, deadlines), agents.cc,
// results.cc, jobs.cc, placing.cc, snapshot.cc.
class Fleet::Machine {
 public:
  explicit Machine(FleetSettings settings) : settings_(settings) {}

  void Restore(const FleetSnapshot& snapshot, const Now& now);
  FleetSnapshot Snapshot() const;

  std::vector<Effect> Apply(const Event& event, const Now& now);
  SteadyTime NextWakeup() const { return deadlines_.Next(); }
  std::vector<AgentView> agents() const;

 private:
  // What becomes due; each names what it is about.
  template <typename Id, typename Kind>
  struct Due {
    Id id;
    friend auto operator<=>(const Due&, const Due&) = default;
  };
  using LeaseExpires = Due<LeaseId, struct LeaseExpiresKind>;
  using ShardWaited = Due<ShardId, struct ShardWaitedKind>;
  using JobWaited = Due<JobId, struct JobWaitedKind>;
  using JobDue = Due<JobId, struct JobDueKind>;
  using JobUnwatched = Due<JobId, struct JobUnwatchedKind>;
  using AgentForgotten = Due<AgentId, struct AgentForgottenKind>;
  using QuarantineEnds = Due<AgentId, struct QuarantineEndsKind>;
  using Deadline =
      std::variant<LeaseExpires, ShardWaited, JobWaited, JobDue, JobUnwatched, AgentForgotten, QuarantineEnds>;

  // Of one key: which run it names.
  struct KnownRun {
    JobId job;
    JobSpec spec;  // what makes two submits the same
  };
  struct Touched {
    bool announce = false;  // the job or a shard changed its state
    std::set<ShardIndex> shards;
  };

  void On(const AgentConnected& event);
  void On(const AgentDisconnected& event);
  void On(const HeartbeatReceived& event);
  void On(const DrainRequested& event);
  void On(const ResultsReceived& event);
  void On(const ShardFinished& event);
  void On(const AssignmentRefused& event);
  void On(const SubmitRequested& event);
  void On(const CancelRequested& event);
  void On(const WatchersChanged& event);
  void On(const Persisted&) {}
  void On(const TimePassed&) {}

  void On(const LeaseExpires& due);
  void On(const ShardWaited& due);
  void On(const JobWaited& due);
  void On(const JobDue& due);
  void On(const JobUnwatched& due);
  void On(const AgentForgotten& due);
  void On(const QuarantineEnds& due);

  // agents.cc
  bool HasRoomFor(const AgentId& id) const;
  bool TakesOverTooOften(Agent& agent) const;
  void Quarantine(Agent& agent, const AgentConnected& rival);
  void SendAway(StreamId stream, const Agent& agent);
  void Lose(Agent& agent);
  void EndLeasesNotHeld(const AgentId& agent, bool same_process, const std::set<LeaseId>& held);
  bool Renew(const Agent& agent, LeaseId lease);

  // results.cc
  Disposition Take(const Agent& agent, Job& job, const ResultsReceived& event);
  void EndLease(LeaseId id, LeaseEnd end, std::string why);

  // jobs.cc
  Job* FindJob(const JobId& id);
  absl::Status CheckSubmit(const JobSpec& spec) const;
  bool FitsResultLimit(std::size_t shards, std::size_t cases) const;
  void Accept(const SubmitRequested& event, std::vector<Term> terms);
  void Stop(Job& job);
  void RestartUnwatched(const Job& job);
  void AddNote(Job& job, std::string text);
  void AddEvent(Job& job, JobEventRecord event);
  Touched& Touch(const Job& job) { return touched_[job.id()]; }
  void TouchShard(const Job& job, const Shard& shard, bool announce);
  void WriteTouched();
  void Forget(const Job& job);

  // placing.cc
  void BeginPlacing(Job& job, std::vector<Term> terms);
  void Wait(const Job& job, const Shard& shard);
  void StopWaiting(const Job& job, const Shard& shard);
  void Place();
  void Lease(Job& job, Shard& shard, const Agent& agent);

  // snapshot.cc
  static JobSpec DistinguishingPart(const JobSpec& spec);
  void RestoreJobs(const FleetSnapshot& snapshot);
  void ResumeJob(const Job& job);

  FleetSettings settings_;
  Now now_;  // of the turn
  Outbox outbox_;
  DeadlineSet<Deadline> deadlines_;
  Sessions sessions_;
  Leases leases_;
  std::map<JobId, Job> jobs_;  // that have not ended
  std::uint64_t next_order_ = 1;
  std::map<RunKey, KnownRun> keys_;
  std::set<std::pair<std::uint64_t, JobId>> queued_;     // without shards, oldest first
  std::set<std::pair<std::uint64_t, ShardId>> pending_;  // shards that wait for an agent, those of the oldest job first
  bool placement_due_ = false;
  std::map<JobId, Touched> touched_;  // in this turn
};

}  // namespace wsfleet::fleet
