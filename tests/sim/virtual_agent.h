#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/fleet/fleet.h"
#include "tests/sim/dice.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/network.h"
#include "tests/sim/referee.h"

namespace wsfleet::sim {

// An agent as the protocol describes it: it keeps unacknowledged batches on a disk that survives its process, counts
// its leases from the sending of what was acknowledged, stops by itself when they run out, and leaves when it is
// fenced.
class VirtualAgent {
 public:
  VirtualAgent(EventQueue& queue, Dice& dice, Network& network, Referee& referee, AgentRecord identity,
               absl::Duration lease_time);

  // --- its process ---
  void Boot();
  void Kill(bool lose_disk);
  bool is_running() const { return life_ % 2 == 1; }
  // Does nothing until then, and then everything that came meanwhile.
  // One that is under way does not end earlier: what waits for its end would be overtaken.
  void Stall(absl::Duration duration) { stalled_until_ = std::max(stalled_until_, queue_.now() + duration); }
  void DropStream();
  // Gives everything back and leaves.
  void Drain();
  // Called when the process has left by itself: fenced or drained.
  void SetOnExit(std::function<void()> on_exit) { on_exit_ = std::move(on_exit); }
  void SetFaulty(bool faulty) { faulty_ = faulty; }

  bool HasUnacknowledged() const { return !spool_.empty(); }
  // Shards whose cases it may start now.
  std::set<ShardId> Running() const;

 private:
  struct Work {
    fleet::SendAssignment assignment;
    std::vector<CaseId> todo;
    std::size_t next = 0;
    std::vector<CaseResult> pending;
    std::uint64_t next_seq = 1;
    std::uint32_t reported = 0;
    SteadyTime lease_end;
    std::optional<fleet::ShardEnd> end;
    bool interrupted = false;
  };
  struct Sent {
    SteadyTime at;
    std::vector<LeaseId> leases;
  };

  void Later(absl::Duration wait, std::function<void()> what);
  void Awake(std::uint64_t life, std::function<void()> what);
  void RestoreInterrupted();
  void Connect();
  void OnClosed(fleet::StreamId stream, const std::string& reason);
  void Exit();
  void Send(fleet::Event event);

  void On(const fleet::SendWelcome& welcome);
  void On(const fleet::SendHeartbeatReply& reply);
  void On(const fleet::SendAssignment& assignment);
  void On(const fleet::SendResultAck& ack);
  void On(const fleet::SendShardDoneAck& ack) { work_.erase(ack.lease); }
  void On(const fleet::SendDrain& drain) { SetDrained(drain.drain); }
  void On(const fleet::SendStop& stop) {
    if (stop.stopped) EndAll(fleet::ShardEnd::kCancelled);
  }
  void On(const fleet::SendCancel& cancel) { End(cancel.lease, fleet::ShardEnd::kCancelled); }

  void Heartbeat();
  void Renew(const Sent& sent);
  void StopExpired();
  void RunNext(LeaseId lease);
  void FinishCase(LeaseId lease);
  void Flush(LeaseId lease, Work& work);
  void SendBatch(const SpooledBatch& batch);
  void End(LeaseId lease, fleet::ShardEnd end);
  void SetDrained(bool drained);
  void EndAll(fleet::ShardEnd end);
  void ReportEnd(LeaseId lease);

  EventQueue& queue_;
  Dice& dice_;
  Network& network_;
  Referee& referee_;
  AgentRecord identity_;
  absl::Duration lease_time_;
  std::function<void()> on_exit_;
  bool faulty_ = true;

  std::uint64_t life_ = 0;  // odd: its process runs
  SteadyTime stalled_until_;
  fleet::StreamId stream_;  // empty: none
  bool welcomed_ = false;
  bool draining_ = false;
  bool drained_ = false;                      // by an operator, as far as it knows
  SteadyTime base_;                           // when the newest acknowledged hello or heartbeat was sent
  std::map<std::uint64_t, Sent> unanswered_;  // 0: the hello
  std::uint64_t heartbeat_ = 0;
  std::set<LeaseId> seen_;
  std::map<LeaseId, Work> work_;
  std::map<std::pair<LeaseId, BatchSeq>, SpooledBatch> spool_;
};

}  // namespace wsfleet::sim
