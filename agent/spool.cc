#include "agent/spool.h"

#include <algorithm>
#include <set>
#include <utility>

#include "boost/asio/post.hpp"
#include "core/base/text.h"
#include "spdlog/spdlog.h"

namespace wsfleet::agent {

absl::Status Spool::UseDirectory(const std::string& path, const std::string& owner, boost::asio::io_context& strand,
                                 std::function<void()> on_room) {
  auto opened = SpoolDirectory::Open(path, owner);
  if (!opened.ok()) return opened.status();
  for (const std::string& file : opened->damaged) {
    spdlog::error("spooled results damaged and set aside file={}/{}.damaged; their cases run again", path, file);
  }
  for (v1::ResultBatch& batch : opened->batches) {
    std::uint64_t& last = last_seq_[LeaseId(batch.lease())];
    last = std::max(last, batch.seq());
    Keep(std::move(batch));
  }
  if (!batches_.empty()) spdlog::info("spool restored batches={} bytes={}", batches_.size(), bytes_);
  files_ = std::make_unique<SpoolFiles>(
      std::move(opened->directory), [this, &strand, on_room = std::move(on_room), path](const absl::Status& status) {
        boost::asio::post(strand, [this, on_room, path, status] {
          disk_fails_ = !status.ok();
          if (disk_fails_) {
            spdlog::error("spool not written, new cases wait path={} reason=\"{}\"", path, ToStd(status.message()));
          } else {
            spdlog::info("spool is written again path={}", path);
          }
          on_room();
        });
      });
  return absl::OkStatus();
}

void Spool::Keep(v1::ResultBatch batch) {
  const std::size_t bytes = batch.ByteSizeLong();
  bytes_ += bytes;
  batches_.push_back({std::make_shared<const v1::ResultBatch>(std::move(batch)), bytes, false});
}

bool Spool::Add(v1::ResultBatch batch) {
  if (bytes_ + batch.ByteSizeLong() > max_bytes_) return false;
  batch.set_seq(++last_seq_[LeaseId(batch.lease())]);
  Keep(std::move(batch));
  if (files_) files_->Put(batches_.back().batch);
  return true;
}

bool Spool::HasRoom(std::size_t reserve) const {
  return bytes_ + std::min(reserve, max_bytes_ / 2) <= max_bytes_ && (!disk_fails_ || batches_.empty());
}

const v1::ResultBatch* Spool::TakeNext(std::uint32_t credits) {
  if (in_flight_ >= credits) return nullptr;
  const auto next = std::ranges::find(batches_, false, &Entry::in_flight);
  if (next == batches_.end()) return nullptr;
  if (in_flight_ > 0 && bytes_in_flight_ + next->bytes > kMaxBytesInFlight) return nullptr;
  next->in_flight = true;
  ++in_flight_;
  bytes_in_flight_ += next->bytes;
  return next->batch.get();
}

void Spool::ResendAll() {
  for (Entry& entry : batches_) entry.in_flight = false;
  in_flight_ = 0;
  bytes_in_flight_ = 0;
}

bool Spool::Acknowledge(LeaseId lease, BatchSeq seq) {
  const auto found = std::ranges::find_if(batches_, [&](const Entry& entry) {
    return entry.batch->lease() == lease.value() && entry.batch->seq() == seq.value();
  });
  if (found == batches_.end()) return false;
  if (found->in_flight) {
    --in_flight_;
    bytes_in_flight_ -= found->bytes;
  }
  bytes_ -= found->bytes;
  batches_.erase(found);
  if (files_) files_->Drop(lease, seq);
  return true;
}

std::uint32_t Spool::UnackedOf(LeaseId lease) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(batches_, [&](const Entry& entry) { return entry.batch->lease() == lease.value(); }));
}

std::vector<const v1::ResultBatch*> Spool::FirstOfEachLease() const {
  std::vector<const v1::ResultBatch*> first;
  std::set<std::uint64_t> seen;
  for (const Entry& entry : batches_) {
    if (seen.insert(entry.batch->lease()).second) first.push_back(entry.batch.get());
  }
  return first;
}

}  // namespace wsfleet::agent
