#include "coordinator/access/audit_queue.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

std::size_t CountIn(const std::map<std::string, std::size_t>& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

void TakeOff(std::map<std::string, std::size_t>& counts, const std::string& name) {
  const auto found = counts.find(name);
  if (--found->second == 0) counts.erase(found);
}

absl::Status NoRoom(std::size_t waiting, std::string_view whose) {
  return absl::ResourceExhaustedError(
      fmt::format("{} changes{} wait to be stored in the audit log, and nothing is changed that it does not have; try "
                  "again, and if it is the same, look at the coordinator's log",
                  waiting, whose));
}

}  // namespace

std::string AuditCallerOf(const AuditRecord& record) {
  if (!record.token.empty()) return "token " + record.token.value();
  return record.identity.empty() ? record.principal : "identity " + record.identity;
}

AuditQueue::Lane AuditQueue::LaneOf(const AuditRecord& record) {
  if (record.outcome != AuditOutcome::kDone || !record.changed) return Lane::kIdle;
  return EndsHarm(record.action) ? Lane::kEndingHarm : Lane::kChange;
}

absl::Status AuditQueue::CheckRoom(const AuditRecord& change) const {
  const Waiting& waiting = waiting_.at(static_cast<std::size_t>(LaneOf(change)));
  const std::size_t of_caller = CountIn(waiting.of_caller, AuditCallerOf(change));
  if (of_caller >= kMaxOfCaller) return NoRoom(of_caller, fmt::format(" of \"{}\"", change.principal));
  const std::size_t of_fleet = CountIn(waiting.of_fleet, change.fleet.value());
  if (of_fleet >= kMaxOfFleet) return NoRoom(of_fleet, fmt::format(" of fleet {}", change.fleet.value()));
  return waiting.all < kMaxChanges ? absl::OkStatus() : NoRoom(waiting.all, "");
}

bool AuditQueue::Push(AuditRecord record) {
  Waiting& waiting = WaitingWith(record);
  if (LaneOf(record) == Lane::kIdle && waiting.all >= kMaxIdle) return false;
  ++waiting.all;
  ++waiting.of_fleet[record.fleet.value()];
  ++waiting.of_caller[AuditCallerOf(record)];
  records_.push_back(std::move(record));
  return true;
}

std::vector<AuditRecord> AuditQueue::Front(std::size_t count) const {
  const auto end = records_.begin() + static_cast<std::ptrdiff_t>(std::min(count, records_.size()));
  return {records_.begin(), end};
}

void AuditQueue::Pop(std::size_t count) {
  for (; count > 0; --count) {
    const AuditRecord& oldest = records_.front();
    Waiting& waiting = WaitingWith(oldest);
    --waiting.all;
    TakeOff(waiting.of_fleet, oldest.fleet.value());
    TakeOff(waiting.of_caller, AuditCallerOf(oldest));
    records_.pop_front();
  }
}

}  // namespace wsfleet::coordinator
