#pragma once

#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "coordinator/fleet/fleet.h"
#include "tests/sim/dice.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/memory_store.h"
#include "tests/sim/network.h"
#include "tests/sim/referee.h"

namespace wsfleet::sim {

// A coordinator process around the machine: commits, sends, wakes it up; and dies at the worst moments: before a
// commit, between a commit and what follows from it, in the middle of that.
class Shell {
 public:
  using OnSubmit = std::function<void(const fleet::AnswerSubmit*)>;  // null: the process has gone
  using OnCancel = std::function<void(const fleet::AnswerCancel*)>;
  using OnSchedule = std::function<void(const fleet::AnswerSchedule*)>;
  using OnEvents = std::function<void(bool alive)>;

  Shell(EventQueue& queue, Dice& dice, Network& network, fleet::FleetSettings settings);

  void SetFaulty(bool faulty) { faulty_ = faulty; }
  void Crash(absl::Duration down);
  void StallStore(absl::Duration stall) { stall_ = stall; }

  // Of clients. Nothing happens while the process is down; the caller has its own time-out.
  void Submit(JobSpec spec, OnSubmit done);
  void Cancel(const JobId& job, OnCancel done);
  // Of operators; `done` as with clients.
  using OnWish = std::function<void(const fleet::AnswerWish*)>;
  void SetDrained(const AgentId& agent, bool drained, OnWish done);
  void SetStopped(bool stopped, OnWish done);
  // Between two commits: what ended before is not kept any more.
  void RemoveEnded(absl::Time before) { store_.RemoveEnded(before); }
  void AskSchedule(fleet::ScheduleRequest what, OnSchedule done);
  void Trigger(const ScheduleName& schedule, const RunKey& key, OnSubmit done);
  // `events` is called when there are new ones, and with false when the process dies, which ends the watch.
  void Watch(const JobId& job, std::uint64_t client, OnEvents events);
  void Unwatch(const JobId& job, std::uint64_t client);

  bool up() const { return fleet_.has_value(); }
  // Streams that were closed since their agent is quarantined.
  std::uint64_t quarantines() const { return quarantines_; }
  // Times that the store could never hold something.
  std::uint64_t refusals() const { return refusals_; }
  const MemoryStore& store() const { return store_; }
  // Of other fleets.
  bool ReserveElsewhere(const Budget& shares) { return store_.budgets().ReserveElsewhere(shares); }
  Referee& referee() { return referee_; }
  void CheckLoad();

 private:
  template <typename Text>
  void Trace(Text text);
  void Start(const fleet::LeaseMemory& known = {});
  void Stop();
  void Refuse(const JobId& job);
  static std::optional<JobId> RefusedIn(const WriteBatch& batch);
  void Apply(const fleet::Event& event);
  void Perform(std::vector<fleet::Effect> effects);
  void CarryOut(const fleet::Effect& effect);
  void ScheduleCommit();
  void Commit();
  bool CrashesHere();
  void ScheduleWakeup();
  void TellWatchers(const JobId& job);
  void SetWatchers(const JobId& job);

  EventQueue& queue_;
  Dice& dice_;
  Network& network_;
  fleet::FleetSettings settings_;
  MemoryStore store_;
  Referee referee_;

  std::optional<fleet::Fleet> fleet_;
  std::uint64_t life_ = 0;  // what was scheduled in an earlier one is void
  std::deque<fleet::Persist> journal_;
  bool committing_ = false;
  absl::Duration stall_;
  SteadyTime wakeup_ = SteadyTime::Infinite();
  std::map<fleet::RequestId, OnSubmit> submits_;
  std::map<fleet::RequestId, OnCancel> cancels_;
  std::map<fleet::RequestId, OnWish> wishes_;
  std::map<fleet::RequestId, OnSchedule> schedules_;
  std::map<JobId, std::map<std::uint64_t, OnEvents>> watches_;
  std::uint64_t next_request_ = 1;
  std::uint64_t next_job_ = 1;
  std::uint64_t quarantines_ = 0;
  std::uint64_t refusals_ = 0;
  bool faulty_ = true;
  const bool tracing_ = std::getenv("WSFLEET_SIM_TRACE") != nullptr;
};

}  // namespace wsfleet::sim
