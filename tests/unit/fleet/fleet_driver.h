#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "coordinator/fleet/fleet.h"
#include "tests/sim/memory_store.h"

namespace wsfleet::fleet {

// Drives a machine as a shell would: keeps its clock, commits what it persists, and keeps every other effect for the
// test to look at. Every commit is checked by the store; a complaint fails the test.
class FleetDriver {
 public:
  explicit FleetDriver(FleetSettings settings = {});
  // At another time than that of the other tests.
  FleetDriver(FleetSettings settings, absl::Time wall);

  // --- what happens ---
  void Apply(const Event& event);
  StreamId Connect(const std::string& agent, const std::string& region, std::vector<HeldLease> held = {},
                   const std::string& boot = "boot-1");
  StreamId ConnectWith(AgentConnected event);
  void Disconnect(StreamId stream) { Apply(AgentDisconnected{stream}); }
  void Heartbeat(StreamId stream, std::vector<LeaseId> leases);
  JobId Submit(JobSpec spec);
  void Cancel(const JobId& job, const std::string& reason = "");
  // Of a schedule; the answer is the last AnswerSchedule.
  void ApplySchedule(ScheduleSpec spec);
  void Ask(ScheduleRequest what);
  JobId Trigger(const std::string& schedule, const std::string& key = "");
  void Report(StreamId stream, const LeaseRecord& lease, std::uint64_t seq, std::vector<CaseResult> results);
  void Finish(StreamId stream, const LeaseRecord& lease, ShardEnd end = ShardEnd::kCompleted);
  // Everything that the job's cases need, and the shard's end.
  void RunAll(StreamId stream, const SendAssignment& assignment, Outcome outcome = Outcome::kPassed);
  // Time goes on, in steps of the machine's own wake-ups.
  void Pass(absl::Duration duration);
  // Nobody tells the machine of the time that goes on.
  void PassUnnoticed(absl::Duration duration);
  // Somebody sets the wall clock.
  void MoveWall(absl::Duration by) { now_.wall += by; }
  absl::Time wall() const { return now_.wall; }
  // The process dies and comes back: what was not committed is lost, every stream is closed.
  void Restart();
  // A commit has failed: the process goes on with a machine that it loads. What was not committed is lost, and every
  // stream is closed, too.
  void Reload();

  // --- the store ---
  void HoldCommits() { hold_ = true; }
  // Commits the oldest that is held.
  void CommitOne();
  // So that the machine does not hear of it.
  void CommitAndForget();
  void ReleaseCommits() { hold_ = false; }
  std::size_t held_commits() const { return held_.size(); }
  const sim::MemoryStore& store() const { return store_; }
  sim::BudgetRows& budgets() { return store_.budgets(); }
  const Fleet& fleet() const { return fleet_; }

  // --- what came of it ---
  template <typename T>
  std::vector<T> All() const {
    std::vector<T> found;
    for (const Effect& effect : effects_) {
      if (const T* one = std::get_if<T>(&effect)) found.push_back(*one);
    }
    return found;
  }
  template <typename T>
  T Last() const {
    const std::vector<T> all = All<T>();
    return all.empty() ? T{} : all.back();
  }
  template <typename T>
  std::size_t Count() const {
    return All<T>().size();
  }
  void ForgetEffects() { effects_.clear(); }

  const JobRecord& job(const JobId& id) const;
  const ScheduleRecord& schedule(const std::string& name) const;
  std::vector<TickRecord> Ticks(const std::string& schedule) const;  // oldest first
  ShardRecord shard(const JobId& id, std::uint64_t index = 1) const;
  std::vector<AgentView> Agents() const { return fleet_.AgentsAfter({}, 1000); }
  std::vector<std::string> Notes(const JobId& id) const;

 private:
  void Take(std::vector<Effect> effects);

  FleetSettings settings_;
  Fleet fleet_;
  sim::MemoryStore store_;
  Now now_{SteadyTime{}, absl::FromUnixSeconds(1'700'000'000)};
  std::vector<Effect> effects_;
  std::vector<Persist> held_;
  bool hold_ = false;
  std::map<LeaseId, std::uint32_t> reported_;
  std::uint64_t next_stream_ = 1;
  std::uint64_t next_job_ = 1;
  std::uint64_t next_request_ = 1;
  std::uint64_t next_heartbeat_ = 1;
};

// Two cases, detached, from eu-west-1.
JobSpec TwoCases();
// That runs them, each minute; without an agent they wait for an hour.
ScheduleSpec EachMinute(const std::string& name);
CaseResult Result(const std::string& case_id, Outcome outcome = Outcome::kPassed);

}  // namespace wsfleet::fleet
