#include <algorithm>
#include <utility>

#include "agent/agent.h"
#include "agent/clock.h"
#include "core/base/text.h"
#include "spdlog/spdlog.h"

// What an agent has to tell of its cases: as fast as it is taken, and when it is to be told.
namespace wsfleet::agent {
namespace {

constexpr absl::Duration kMaxReportAfter = absl::Seconds(10);

}  // namespace

void Agent::OnResultAcks(const v1::ResultAcks& acks) {
  for (const v1::ResultAcks::Ack& ack : acks.acks()) {
    if (!spool_.Acknowledge(LeaseId(ack.lease()), BatchSeq(ack.seq()))) continue;
    if (ack.disposition() == v1::DISPOSITION_FENCED || ack.disposition() == v1::DISPOSITION_LATE) {
      spdlog::warn("results not counted lease={} seq={} disposition={}", ack.lease(), ack.seq(),
                   v1::Disposition_Name(ack.disposition()));
    }
  }
  SendSpooled();
  UpdateHold();
  shards_.ReportFinished(false);
  StopIfDrained();
}

// Back-pressure: what cannot be delivered is not produced.
void Agent::UpdateHold() {
  const bool hold = !spool_.HasRoom(shards_.ReserveBytes());
  if (std::exchange(holding_, hold) == hold) return;
  spdlog::info("{} spooled_bytes={} batches_in_flight={} bytes_in_flight={}",
               hold ? "cases wait for the spool" : "cases go on", spool_.bytes(), spool_.in_flight(),
               spool_.bytes_in_flight());
  engine_.Hold(hold);
}

void Agent::KeepBack(absl::Duration report_after) {
  report_from_ = std::max(report_from_, BootTime() + std::min(report_after, kMaxReportAfter));
  WaitOn(report_timer_, report_from_ - BootTime(), [this] {
    report_from_ = {};
    SendSpooled();
  });
}

bool Agent::keeps_back() const { return BootTime() < report_from_; }

void Agent::SendSpooled() {
  if (!welcomed_ || keeps_back()) return;
  // Results wait for their number as long as batches are under way, so that they travel in few messages.
  const auto send_next = [this] {
    const v1::ResultBatch* batch = spool_.TakeNext(credits_);
    if (batch == nullptr) return false;
    v1::AgentMessage message;
    *message.mutable_results() = *batch;
    Send(std::move(message));
    return true;
  };
  while (send_next()) {
  }
  if (spool_.HasCredit(credits_)) shards_.Flush();
  while (send_next()) {
  }
}

}  // namespace wsfleet::agent
