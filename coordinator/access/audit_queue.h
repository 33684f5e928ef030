#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/access/records.h"

namespace wsfleet::coordinator {

// What of the audit log waits for the store, in order. Nobody takes the room of others in it: what changed nothing has
// a little of its own, changes have shares by fleet and by caller, and what ends harm waits for none of these. Not
// thread-safe.
class AuditQueue {
 public:
  static constexpr std::size_t kMaxChanges = 10'000;  // and as many of those that end harm
  static constexpr std::size_t kMaxOfFleet = 2'500;   // of each of both
  static constexpr std::size_t kMaxOfCaller = 1'000;
  static constexpr std::size_t kMaxIdle = 2'000;  // that changed nothing

  // Asked before a change is made: RESOURCE_EXHAUSTED, so much waits that it would not be taken down.
  absl::Status CheckRoom(const AuditRecord& change) const;
  // False: one that changed nothing, and there is no room. A change is always taken, since it is done: beyond the
  // limits there are as many as calls that were under way when they were reached.
  bool Push(AuditRecord record);

  std::size_t size() const { return records_.size(); }
  // At most `count` of the oldest.
  std::vector<AuditRecord> Front(std::size_t count) const;
  void Pop(std::size_t count);

 private:
  enum class Lane { kIdle, kChange, kEndingHarm };
  struct Waiting {
    std::size_t all = 0;
    std::map<std::string, std::size_t> of_fleet, of_caller;  // none of 0
  };

  static Lane LaneOf(const AuditRecord& record);
  Waiting& WaitingWith(const AuditRecord& record) { return waiting_.at(static_cast<std::size_t>(LaneOf(record))); }

  std::deque<AuditRecord> records_;
  std::array<Waiting, 3> waiting_;
};

// Who that is, so that each has a share: a stored token, an issuer's subject, or a name. Empty: nobody knows.
std::string AuditCallerOf(const AuditRecord& record);

}  // namespace wsfleet::coordinator
