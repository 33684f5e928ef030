#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "core/base/ids.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::agent {

// Result batches from the moment they are numbered until they are acknowledged, in the order in which they were
// numbered. A batch never changes once it has its number. Bounded by bytes. Not thread-safe: it belongs to the agent's
// strand.
//
// In this version it lies in memory: an agent that is killed takes it along, and its lease's end has the cases run
// again.
class Spool {
 public:
  explicit Spool(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Numbers the batch and keeps it. False if it does not fit: nothing was kept.
  [[nodiscard]] bool Add(v1::ResultBatch batch);

  // The next batch that is not on its way, unless `credits` are; it is on its way then. Null if there is none. The
  // pointer holds until the batch is acknowledged.
  const v1::ResultBatch* TakeNext(std::uint32_t credits);

  // Whether a further batch may be on its way.
  bool HasCredit(std::uint32_t credits) const { return in_flight_ < credits; }

  // The stream broke: what was on its way has to be sent again, in the same order.
  void ResendAll();

  // Whatever its disposition, an acknowledged batch leaves. False if it was not (any more) here.
  bool Acknowledge(LeaseId lease, BatchSeq seq);

  std::uint32_t UnackedOf(LeaseId lease) const;
  bool empty() const { return batches_.empty(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    v1::ResultBatch batch;
    std::size_t bytes = 0;
    bool in_flight = false;
  };

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::uint32_t in_flight_ = 0;
  std::deque<Entry> batches_;
  std::map<LeaseId, std::uint64_t> last_seq_;
};

}  // namespace wsfleet::agent
