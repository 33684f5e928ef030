#include "agent/spool.h"

#include <algorithm>
#include <utility>

namespace wsfleet::agent {

bool Spool::Add(v1::ResultBatch batch) {
  const std::size_t bytes = batch.ByteSizeLong();
  if (bytes_ + bytes > max_bytes_) return false;
  batch.set_seq(++last_seq_[LeaseId(batch.lease())]);
  bytes_ += bytes;
  batches_.push_back({std::move(batch), bytes, false});
  return true;
}

const v1::ResultBatch* Spool::TakeNext(std::uint32_t credits) {
  if (in_flight_ >= credits) return nullptr;
  const auto next = std::ranges::find(batches_, false, &Entry::in_flight);
  if (next == batches_.end()) return nullptr;
  next->in_flight = true;
  ++in_flight_;
  return &next->batch;
}

void Spool::ResendAll() {
  for (Entry& entry : batches_) entry.in_flight = false;
  in_flight_ = 0;
}

bool Spool::Acknowledge(LeaseId lease, BatchSeq seq) {
  const auto found = std::ranges::find_if(batches_, [&](const Entry& entry) {
    return entry.batch.lease() == lease.value() && entry.batch.seq() == seq.value();
  });
  if (found == batches_.end()) return false;
  if (found->in_flight) --in_flight_;
  bytes_ -= found->bytes;
  batches_.erase(found);
  return true;
}

std::uint32_t Spool::UnackedOf(LeaseId lease) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(batches_, [&](const Entry& entry) { return entry.batch.lease() == lease.value(); }));
}

}  // namespace wsfleet::agent
