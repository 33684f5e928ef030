#include "coordinator/fleet/shard.h"

#include <algorithm>

#include "fmt/format.h"

namespace wsfleet::fleet {

void Shard::BeginLease(const LeaseRecord& given, const AgentRecord& to) {
  lease = given.id;
  overdue = false;
  record.state = ShardState::kLeased;
  record.attempt = given.attempt;
  record.agent = to.id;
  record.region = to.region;
  record.vantage = to.vantage;
  record.reason.clear();
}

bool Shard::WasLeased(LeaseId id, std::uint32_t attempt, const AgentId& agent) const {
  return std::ranges::find(record.past_leases, PastLease{id, attempt, agent}) != record.past_leases.end();
}

std::uint32_t Shard::CountedIn(std::uint32_t attempt) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(cases, [&](const auto& entry) { return entry.second.attempt == attempt; }));
}

bool Shard::Confirm() {
  if (record.state != ShardState::kLeased) return false;
  record.state = ShardState::kRunning;
  return true;
}

bool Shard::ForgetDenied() {
  if (record.state != ShardState::kLeased || !lease.empty()) return false;
  record.state = ShardState::kPending;
  --record.attempt;
  return true;
}

void Shard::Finish(std::string reason) {
  record.state = ShardState::kDone;
  record.reason = std::move(reason);
}

void Shard::EndLease(LeaseEnd end, std::string why, bool complete, const std::optional<std::string>& stopped,
                     std::uint32_t max_attempts) {
  std::vector<PastLease>& past = record.past_leases;
  past.push_back({lease, record.attempt, record.agent});
  if (past.size() > kMaxPastLeases) past.erase(past.begin());
  lease = {};
  if (end == LeaseEnd::kRefused) refused_by.insert(record.agent);
  // The number of an attempt that sent results is never given again: batches are told apart by it.
  const bool sent_results =
      std::ranges::any_of(batches, [&](const auto& batch) { return batch.first == record.attempt; });
  const bool was_none = end == LeaseEnd::kRefused || end == LeaseEnd::kDenied;
  // It does not become better elsewhere.
  const bool is_of_run = end == LeaseEnd::kSecretLost || end == LeaseEnd::kNotStored;
  const bool hopeless = is_of_run || end == LeaseEnd::kMismatch;
  if (was_none && !sent_results) {
    --record.attempt;
    past.pop_back();  // the number is given again
  } else if (end == LeaseEnd::kReleased || end == LeaseEnd::kNeverArrived || end == LeaseEnd::kRefused) {
    ++record.released;
  } else if (!is_of_run) {
    why = fmt::format("{}; attempt {} of {}", why, UsedAttempts(), max_attempts);
  }

  if (complete && !hopeless) {
    Finish("");
  } else if (stopped.has_value() && !hopeless) {
    Finish(*stopped);
  } else if (hopeless || UsedAttempts() >= max_attempts) {
    Finish(std::move(why));
  } else {
    record.state = ShardState::kPending;
    record.reason = std::move(why);
  }
}

}  // namespace wsfleet::fleet
