#include "tests/sim/trace.h"

#include <vector>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet::sim {
namespace {

std::string Name(const ShardId& id) { return fmt::format("{}/{}", id.job.value(), id.index.value()); }

std::string Ids(const std::vector<LeaseId>& leases) {
  std::vector<std::uint64_t> ids;
  for (const LeaseId lease : leases) ids.push_back(lease.value());
  return fmt::format("{}", ids);
}

// What an event or an effect is called and what it says; overloads by what it is.
std::string Text(const fleet::AgentConnected& e) {
  std::vector<LeaseId> held;
  for (const fleet::HeldLease& lease : e.held) held.push_back(lease.lease);
  return fmt::format("connected {} boot={} held={}", e.agent.id.value(), e.agent.boot.value(), Ids(held));
}
std::string Text(const fleet::AgentDisconnected&) { return "disconnected"; }
std::string Text(const fleet::HeartbeatReceived& e) { return fmt::format("heartbeat {} {}", e.number, Ids(e.leases)); }
std::string Text(const fleet::ResultsReceived& e) {
  return fmt::format("results {} lease={} attempt={} seq={} n={}", Name(e.shard), e.lease.value(), e.attempt,
                     e.seq.value(), e.results.size());
}
std::string Text(const fleet::ShardFinished& e) {
  return fmt::format("finished {} lease={} end={}", Name(e.shard), e.lease.value(), static_cast<int>(e.end));
}
std::string Text(const fleet::SecretLost& e) { return fmt::format("secret lost lease={}", e.lease.value()); }
std::string Text(const fleet::AssignmentRefused& e) { return fmt::format("refused lease={}", e.lease.value()); }
std::string Text(const fleet::DrainRequested&) { return "drain"; }
std::string Text(const fleet::SetDrained& e) { return fmt::format("set drained {} n={}", e.drained, e.agents.size()); }
std::string Text(const fleet::SetStopped& e) { return fmt::format("set stopped {}", e.stopped); }
std::string Text(const fleet::SetPolicy& e) { return fmt::format("set policy dry={}", e.dry_run); }
std::string Text(const fleet::ReadingPaused& e) { return fmt::format("not read s{}", e.stream.value()); }
std::string Text(const fleet::ReadingResumed& e) { return fmt::format("read again s{}", e.stream.value()); }
std::string Text(const fleet::SubmitRequested& e) {
  return fmt::format("submit {} key={} from={}", e.id.value(), e.spec.key.value(), fmt::join(e.spec.from, ","));
}
std::string Text(const fleet::CancelRequested& e) { return fmt::format("cancel {}", e.job.value()); }
std::string Text(const fleet::WatchersChanged& e) { return fmt::format("watchers {} {}", e.job.value(), e.watchers); }
std::string Text(const fleet::ScheduleRequested& e) { return fmt::format("schedule wish {}", e.what.index()); }
std::string Text(const fleet::TriggerRequested& e) { return fmt::format("trigger {}", e.schedule.value()); }
std::string Text(const fleet::Persisted& e) {
  return fmt::format("persisted {} denied={}", e.commit.value(), Ids(e.outcome.denied));
}
std::string Text(const fleet::StoreRefused& e) { return fmt::format("never stored {}", e.job.value()); }
std::string Text(const fleet::TimePassed&) { return "time"; }

std::string Text(const fleet::Persist& e) {
  return fmt::format("persist {} ended={}", e.commit.value(), Ids(e.batch.ended_leases));
}
std::string Text(const fleet::SendWelcome& e) {
  return fmt::format("welcome epoch={} current={}", e.epoch.value(), Ids(e.current_leases));
}
std::string Text(const fleet::SendHeartbeatReply& e) {
  return fmt::format("reply {} lost={} cancel={} drain={} stopped={}", e.number, Ids(e.lost), Ids(e.cancel), e.drain,
                     e.stopped);
}
std::string Text(const fleet::SendAssignment& e) {
  return fmt::format("assign {} lease={} attempt={} to {}", Name(e.lease.shard), e.lease.id.value(), e.lease.attempt,
                     e.lease.agent.value());
}
std::string Text(const fleet::SendResultAck& e) {
  return fmt::format("ack lease={} seq={} {}", e.lease.value(), e.seq.value(), static_cast<int>(e.disposition));
}
std::string Text(const fleet::SendShardDoneAck& e) { return fmt::format("done lease={}", e.lease.value()); }
std::string Text(const fleet::SendDrain& e) { return fmt::format("drain {}", e.drain); }
std::string Text(const fleet::SendStop& e) { return fmt::format("stop {}", e.stopped); }
std::string Text(const fleet::SendCancel& e) { return fmt::format("cancel lease={}", e.lease.value()); }
std::string Text(const fleet::CloseStream& e) { return "close: " + e.reason; }
std::string Text(const fleet::AnswerSubmit& e) {
  return fmt::format("answer {} attached={} {}", e.job.value(), e.attached, e.status.ToString());
}
std::string Text(const fleet::AnswerCancel& e) { return "answer cancel " + e.status.ToString(); }
std::string Text(const fleet::AnswerWish& e) { return "answer wish " + e.status.ToString(); }
std::string Text(const fleet::AnswerSetPolicy& e) { return "answer set policy " + e.status.ToString(); }
std::string Text(const fleet::AnswerSchedule& e) {
  return fmt::format("answer schedule {} {}", static_cast<int>(e.change), e.status.ToString());
}
std::string Text(const fleet::NotifyWatchers& e) { return fmt::format("notify {} {}", e.job.value(), e.last_event); }

template <typename Variant>
std::string Line(const Variant& what) {
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.stream; }) return fmt::format("[{}] {}", one.stream.value(), Text(one));
        return Text(one);
      },
      what);
}

}  // namespace

std::string Describe(const fleet::Event& event) { return "> " + Line(event); }
std::string Describe(const fleet::Effect& effect) { return "  < " + Line(effect); }

}  // namespace wsfleet::sim
