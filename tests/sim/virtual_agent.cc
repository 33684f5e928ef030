#include "tests/sim/virtual_agent.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::sim {

VirtualAgent::VirtualAgent(EventQueue& queue, Dice& dice, Network& network, Referee& referee, AgentRecord identity,
                           absl::Duration lease_time)
    : queue_(queue),
      dice_(dice),
      network_(network),
      referee_(referee),
      identity_(std::move(identity)),
      lease_time_(lease_time) {}

void VirtualAgent::Later(absl::Duration wait, std::function<void()> what) {
  queue_.After(wait, [this, life = life_, what = std::move(what)] { Awake(life, what); });
}

// Runs it in this life only, and not before a stall is over; a lease that ran out meanwhile is noticed first.
void VirtualAgent::Awake(std::uint64_t life, std::function<void()> what) {
  if (life != life_) return;
  if (queue_.now() < stalled_until_) {
    queue_.At(stalled_until_, [this, life, what = std::move(what)] { Awake(life, what); });
    return;
  }
  StopExpired();
  what();
}

void VirtualAgent::Boot() {
  if (is_running()) return;
  ++life_;
  identity_.boot = BootId(fmt::format("{}-boot-{}-{}", identity_.id.value(), life_, dice_.Between(1, 1'000'000)));
  stalled_until_ = queue_.now();
  draining_ = false;
  drained_ = false;
  RestoreInterrupted();
  Connect();
  Heartbeat();
}

// What the process before spooled is delivered before its lease ends.
void VirtualAgent::RestoreInterrupted() {
  for (const auto& [key, batch] : spool_) {
    Work& work = work_[batch.lease];
    work.assignment.lease.id = batch.lease;
    work.assignment.lease.shard = batch.shard;
    work.assignment.lease.attempt = batch.attempt;
    work.lease_end = SteadyTime::Infinite();
    work.end = fleet::ShardEnd::kInterrupted;
    work.interrupted = true;
  }
}

void VirtualAgent::Kill(bool lose_disk) {
  if (!is_running()) return;
  ++life_;
  DropStream();
  work_.clear();
  if (lose_disk) spool_.clear();
}

void VirtualAgent::Exit() {
  Kill(false);
  if (on_exit_) on_exit_();
}

void VirtualAgent::Connect() {
  const std::uint64_t life = life_;
  stream_ = network_.Dial({[this, life](fleet::StreamId stream, const fleet::Effect& effect) {
                             Awake(life, [this, stream, effect] {
                               if (stream != stream_) return;
                               std::visit(
                                   [this](const auto& one) {
                                     if constexpr (requires { On(one); }) On(one);
                                   },
                                   effect);
                             });
                           },
                           [this, life](fleet::StreamId stream, const std::string& reason) {
                             Awake(life, [this, stream, reason] { OnClosed(stream, reason); });
                           }});
  fleet::AgentConnected hello;
  hello.stream = stream_;
  hello.agent = identity_;
  hello.max_shards = 2;
  // The others are of the version before.
  hello.takes_not_renewed = identity_.id.value().back() % 2 == 0;
  for (const auto& [lease, work] : work_) hello.held.push_back({lease, work.assignment.lease.shard, work.interrupted});
  unanswered_.clear();
  Sent& sent = unanswered_[0];
  sent.at = queue_.now();
  for (const auto& [lease, work] : work_) sent.leases.push_back(lease);
  network_.ToCoordinator(stream_, std::move(hello));
}

void VirtualAgent::DropStream() {
  if (stream_.empty()) return;
  network_.DropByAgent(stream_);
  stream_ = {};
  welcomed_ = false;
  if (is_running()) Later(dice_.Between(absl::Milliseconds(50), absl::Seconds(2)), [this] { Connect(); });
}

void VirtualAgent::OnClosed(fleet::StreamId stream, const std::string& reason) {
  if (stream != stream_) return;
  stream_ = {};
  welcomed_ = false;
  if (reason.starts_with("fenced")) return Exit();
  Later(dice_.Between(absl::Milliseconds(50), absl::Seconds(2)), [this] { Connect(); });
}

void VirtualAgent::Send(fleet::Event event) {
  if (welcomed_) network_.ToCoordinator(stream_, std::move(event));
}

void VirtualAgent::On(const fleet::SendWelcome& welcome) {
  const auto hello = unanswered_.find(0);
  if (welcomed_ || hello == unanswered_.end()) return;
  welcomed_ = true;
  std::erase_if(work_, [&](const auto& entry) {
    return std::ranges::find(welcome.current_leases, entry.first) == welcome.current_leases.end();
  });
  Renew(hello->second);
  if (draining_) Send(fleet::DrainRequested{stream_});
  for (const auto& [key, batch] : spool_) SendBatch(batch);
  for (const auto& [lease, work] : work_) ReportEnd(lease);
}

void VirtualAgent::On(const fleet::SendHeartbeatReply& reply) {
  for (const LeaseId lease : reply.lost) work_.erase(lease);
  const auto sent = unanswered_.find(reply.number);
  if (sent != unanswered_.end()) {
    for (const LeaseId lease : reply.not_renewed) std::erase(sent->second.leases, lease);
    Renew(sent->second);
    unanswered_.erase(unanswered_.begin(), std::next(sent));
  }
  for (const LeaseId lease : reply.cancel) End(lease, fleet::ShardEnd::kCancelled);
  SetDrained(reply.drain);
  if (reply.stopped) EndAll(fleet::ShardEnd::kCancelled);
}

void VirtualAgent::Renew(const Sent& sent) {
  base_ = std::max(base_, sent.at);
  for (const LeaseId lease : sent.leases) {
    const auto work = work_.find(lease);
    if (work != work_.end()) work->second.lease_end = std::max(work->second.lease_end, sent.at + lease_time_);
  }
}

void VirtualAgent::Heartbeat() {
  if (welcomed_ && unanswered_.size() < 16) {
    Sent sent{queue_.now(), {}};
    for (const auto& [lease, work] : work_) sent.leases.push_back(lease);
    unanswered_[++heartbeat_] = sent;
    Send(fleet::HeartbeatReceived{stream_, heartbeat_, sent.leases});
  }
  Later(lease_time_ / 4, [this] { Heartbeat(); });
}

void VirtualAgent::StopExpired() {
  for (const auto& [lease, work] : work_) {
    if (work.lease_end <= queue_.now()) End(lease, fleet::ShardEnd::kExpired);
  }
}

std::set<ShardId> VirtualAgent::Running() const {
  std::set<ShardId> shards;
  if (!is_running() || queue_.now() < stalled_until_) return shards;
  for (const auto& [lease, work] : work_) {
    if (queue_.now() < work.lease_end && !work.end.has_value()) shards.insert(work.assignment.lease.shard);
  }
  return shards;
}

void VirtualAgent::On(const fleet::SendAssignment& assignment) {
  const LeaseId lease = assignment.lease.id;
  if (!seen_.insert(lease).second) return;  // it came twice
  if (faulty_ && dice_.Chance(4)) {
    Send(fleet::AssignmentRefused{stream_, lease, "no such bundle"});
    return;
  }
  Work& work = work_[lease];
  work.assignment = assignment;
  work.lease_end = base_ + lease_time_;
  for (const CaseId& id : assignment.spec->cases) {
    const auto& finished = assignment.finished_cases;
    if (std::ranges::find(finished, id) == finished.end()) work.todo.push_back(id);
  }
  RunNext(lease);
}

void VirtualAgent::RunNext(LeaseId lease) {
  const auto found = work_.find(lease);
  if (found == work_.end() || found->second.end.has_value()) return;
  if (found->second.next == found->second.todo.size()) return End(lease, fleet::ShardEnd::kCompleted);
  // Without its lease it waits for a renewal, which comes before, or is ended.
  if (queue_.now() < found->second.lease_end) referee_.OnCaseBegins(identity_.id, lease_time_);
  Later(dice_.Between(absl::Milliseconds(100), absl::Seconds(3)), [this, lease] { FinishCase(lease); });
}

void VirtualAgent::FinishCase(LeaseId lease) {
  const auto found = work_.find(lease);
  if (found == work_.end() || found->second.end.has_value()) return;
  Work& work = found->second;
  CaseResult& result = work.pending.emplace_back();
  result.case_id = work.todo[work.next++];
  result.outcome = dice_.Chance(10) ? Outcome::kFailed : Outcome::kPassed;
  if (faulty_ && dice_.Chance(1)) work.pending.emplace_back().case_id = CaseId("ghost");
  if (dice_.Chance(60)) Flush(lease, work);
  RunNext(lease);
}

void VirtualAgent::Flush(LeaseId lease, Work& work) {
  if (work.pending.empty()) return;
  const LeaseRecord& record = work.assignment.lease;
  SpooledBatch batch{lease, record.shard, record.attempt, BatchSeq(work.next_seq++), std::exchange(work.pending, {})};
  work.reported += static_cast<std::uint32_t>(batch.results.size());
  SendBatch(batch);
  spool_.emplace(std::pair(lease, batch.seq), std::move(batch));
}

void VirtualAgent::SendBatch(const SpooledBatch& batch) {
  Send(fleet::ResultsReceived{stream_, batch.lease, batch.shard, batch.attempt, batch.seq, batch.results});
}

void VirtualAgent::On(const fleet::SendResultAck& ack) {
  const auto batch = spool_.find({ack.lease, ack.seq});
  if (batch == spool_.end()) return;
  referee_.OnAck(batch->second, ack.disposition);
  spool_.erase(batch);
  ReportEnd(ack.lease);
}

void VirtualAgent::End(LeaseId lease, fleet::ShardEnd end) {
  const auto found = work_.find(lease);
  if (found == work_.end() || found->second.end.has_value()) return;
  Flush(lease, found->second);
  found->second.end = end;
  ReportEnd(lease);
}

void VirtualAgent::ReportEnd(LeaseId lease) {
  const auto found = work_.find(lease);
  if (found == work_.end() || !found->second.end.has_value()) return;
  const bool unacknowledged =
      std::ranges::any_of(spool_, [&](const auto& entry) { return entry.first.first == lease; });
  if (unacknowledged) return;
  const LeaseRecord& record = found->second.assignment.lease;
  Send(fleet::ShardFinished{stream_, lease, record.shard, record.attempt, *found->second.end, found->second.reported});
}

void VirtualAgent::Drain() {
  if (!is_running() || draining_) return;
  draining_ = true;
  Send(fleet::DrainRequested{stream_});
  Later(dice_.Between(absl::Seconds(1), absl::Seconds(3)), [this] { EndAll(fleet::ShardEnd::kReleased); });
  Later(absl::Seconds(6), [this] { Exit(); });
}

void VirtualAgent::SetDrained(bool drained) {
  if (std::exchange(drained_, drained) == drained || !drained) return;
  Later(dice_.Between(absl::Seconds(1), absl::Seconds(3)), [this] {
    if (drained_) EndAll(fleet::ShardEnd::kReleased);
  });
}

void VirtualAgent::EndAll(fleet::ShardEnd end) {
  std::vector<LeaseId> leases;
  for (const auto& [lease, work] : work_) leases.push_back(lease);
  for (const LeaseId lease : leases) End(lease, end);
}

}  // namespace wsfleet::sim
