#include <utility>

#include "agent/agent.h"
#include "agent/clock.h"
#include "core/base/text.h"
#include "spdlog/spdlog.h"

// How an agent comes to its end: what it has is finished or given back first.
namespace wsfleet::agent {
namespace {

// After the drain limit the engine closes its sessions and the last results are acknowledged.
constexpr absl::Duration kDrainGrace = absl::Seconds(5);

}  // namespace

void Agent::Drain() {
  if (draining_) return;
  draining_ = true;
  spdlog::info("draining limit={}", FormatElapsed(options_.drain_limit));
  v1::AgentMessage message;
  message.mutable_drain_requested();
  Send(std::move(message));
  WaitOn(drain_timer_, options_.drain_limit, [this] {
    shards_.ReleaseAll();
    WaitOn(drain_timer_, kDrainGrace, [this] {
      spdlog::error("drain unfinished spooled_bytes={}", spool_.bytes());
      Stop(drain_exit_code_);
    });
  });
  StopIfDrained();
}

void Agent::OnCertificateLost(const absl::Status& why) {
  spdlog::error("agent stops code={} reason=\"{}\"", absl::StatusCodeToString(why.code()), ToStd(why.message()));
  drain_exit_code_ = 1;
  Drain();
}

void Agent::SetDrained(bool drained) {
  if (std::exchange(drained_, drained) == drained || draining_) return;
  if (!drained) {
    spdlog::info("drain undone by an operator");
    drain_timer_.cancel();
    return;
  }
  // It stays connected: a process that ended would only be started again by whoever looks after it.
  spdlog::info("drained by an operator limit={}", FormatElapsed(options_.drain_limit));
  WaitOn(drain_timer_, options_.drain_limit, [this] { shards_.ReleaseAll(); });
}

void Agent::SetStopped(bool stopped, std::string_view reason) {
  if (std::exchange(stopped_, stopped) == stopped) return;
  spdlog::warn("{} reason=\"{}\"", stopped ? "stopped with its fleet" : "its fleet goes on", Printable(reason));
  if (stopped) shards_.CancelAll(reason);
}

void Agent::StopIfDrained() {
  if (draining_ && shards_.empty() && spool_.empty()) Stop(drain_exit_code_);
}

void Agent::Stop(int exit_code) {
  if (exit_code_) return;
  exit_code_ = exit_code;
  for (auto* timer :
       {&patience_timer_, &reconnect_timer_, &heartbeat_timer_, &lease_timer_, &report_timer_, &drain_timer_})
    timer->cancel();
  bundles_.CancelAll();
  if (stream_) stream_->Cancel();
  FinishStop();
}

// gRPC holds pointers into this object until it has reported the end of every call.
void Agent::FinishStop() {
  if (!stream_ && bundles_.idle()) handlers_.on_stopped(*exit_code_);
}

}  // namespace wsfleet::agent
