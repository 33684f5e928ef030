#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/fleet/fleet.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/memory_store.h"

namespace wsfleet::sim {

// A result batch as an agent keeps it until it is acknowledged.
struct SpooledBatch {
  LeaseId lease;
  ShardId shard;
  std::uint32_t attempt = 0;
  BatchSeq seq;
  std::vector<CaseResult> results;
};

// Judges a run against the invariants of docs/architecture.md. Its knowledge is the store and what clients and agents
// have seen; it never asks the machine, except to compare it with the store.
class Referee {
 public:
  Referee(const MemoryStore& store, const EventQueue& queue) : store_(store), queue_(queue) {}

  void Complain(std::string what);
  const std::vector<std::string>& complaints() const { return complaints_; }

  // An effect is about to be carried out: all that it rests on must be durable.
  void OnEffect(const fleet::Effect& effect);
  // A client was told that its job is accepted.
  void OnAccepted(const RunKey& key, const JobId& job);
  // A client was told that its key belongs to another run.
  void OnKeyRefused(const JobSpec& spec);
  // An operator wants something else of the agent; until this is answered, either may be stored. Then it must be so.
  // `wish`: rises; what an older one is answered says nothing any more.
  void OnDrainWish(const AgentId& agent, std::uint64_t wish);
  void OnDrained(const AgentId& agent, std::uint64_t wish, bool drained);
  // So is the kill switch.
  void OnStopWish(std::uint64_t wish);
  void OnStopped(std::uint64_t wish, bool stopped);
  // A case begins on an agent. None may when the fleet has been stopped, and that answered, for a lease time.
  void OnCaseBegins(const AgentId& agent, absl::Duration lease_time);
  // A client was told that this job is not open.
  void OnNotOpen(const JobId& job);
  // An honest agent lets go of a batch.
  void OnAck(const SpooledBatch& batch, fleet::Disposition disposition);

  // After each step.
  void CheckStep();
  // Nothing is under way between machine and store: what would be loaded is what is in memory.
  void CheckLoad(const fleet::Fleet& fleet, const fleet::FleetSettings& settings);
  // When the faults are over and everything had its time.
  void CheckEnd();
  bool AllJobsEnded() const;

 private:
  void OnOne(const fleet::Persist&) {}
  void OnOne(const fleet::SendWelcome& welcome);
  void OnOne(const fleet::SendHeartbeatReply&) {}
  void OnOne(const fleet::SendAssignment& assignment);
  void OnOne(const fleet::SendResultAck&) {}  // OnAck knows the batch
  void OnOne(const fleet::SendShardDoneAck& ack);
  void OnOne(const fleet::SendCancel& cancel);
  void OnOne(const fleet::SendStop&) {}   // the agents, and OnCaseBegins, see to it that nothing begins
  void OnOne(const fleet::SendDrain&) {}  // the store sees to it that no drained agent is given anything
  void OnOne(const fleet::CloseStream&) {}
  void OnOne(const fleet::AnswerSubmit& answer);
  void OnOne(const fleet::AnswerCancel&) {}
  void OnOne(const fleet::AnswerWish&) {}  // OnDrained, OnStopped know what was wanted
  void OnOne(const fleet::AnswerSetPolicy&) {}
  void OnOne(const fleet::AnswerSchedule& answer);
  void OnOne(const fleet::NotifyWatchers& notice);

  bool IsGone(const JobId& job) const { return store_.removed_jobs().contains(job); }

  const MemoryStore& store_;
  const EventQueue& queue_;
  std::vector<std::string> complaints_;
  std::map<RunKey, JobId> accepted_;
  std::map<LeaseId, SteadyTime> lease_seen_;
  std::map<AgentId, std::uint64_t> drain_wishes_;  // the newest
  std::map<AgentId, bool> drained_;                // what it was answered
  std::uint64_t stop_wish_ = 0;                    // the newest
  std::optional<bool> stopped_;                    // what it was answered
  SteadyTime stopped_since_;
};

}  // namespace wsfleet::sim
