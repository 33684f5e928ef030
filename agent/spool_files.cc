#include "agent/spool_files.h"

#include <chrono>

namespace wsfleet::agent {
namespace {

constexpr std::chrono::seconds kRetry{1};

}  // namespace

SpoolFiles::SpoolFiles(std::unique_ptr<SpoolDirectory> directory, OnHealth on_health)
    : directory_(std::move(directory)), on_health_(std::move(on_health)), thread_([this] { Main(); }) {}

SpoolFiles::~SpoolFiles() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SpoolFiles::Put(std::shared_ptr<const v1::ResultBatch> batch) {
  const Key key(LeaseId(batch->lease()), BatchSeq(batch->seq()));
  {
    const std::lock_guard lock(mutex_);
    to_write_[key] = std::move(batch);
  }
  wake_.notify_one();
}

void SpoolFiles::Drop(LeaseId lease, BatchSeq seq) {
  {
    const std::lock_guard lock(mutex_);
    to_write_.erase({lease, seq});
    // It may be there, or be written just now.
    to_remove_.insert({lease, seq});
  }
  wake_.notify_one();
}

void SpoolFiles::Main() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !to_write_.empty() || !to_remove_.empty(); });
    const bool works = WorkOff(lock);
    if (stopping_ && (!works || (to_write_.empty() && to_remove_.empty()))) return;
    if (!works) wake_.wait_for(lock, kRetry, [this] { return stopping_; });
  }
}

bool SpoolFiles::WorkOff(std::unique_lock<std::mutex>& lock) {
  absl::Status status;
  while (status.ok() && !to_remove_.empty()) {
    const Key key = *to_remove_.begin();
    lock.unlock();
    status = directory_->Remove(key.first, key.second);
    lock.lock();
    if (status.ok()) to_remove_.erase(key);
  }
  while (status.ok() && !to_write_.empty()) {
    const auto [key, batch] = *to_write_.begin();
    lock.unlock();
    status = directory_->Write(*batch);
    lock.lock();
    if (status.ok()) to_write_.erase(key);
  }
  lock.unlock();
  Report(status);
  lock.lock();
  return status.ok();
}

void SpoolFiles::Report(const absl::Status& status) {
  if (status.ok() != failing_) return;
  failing_ = !status.ok();
  on_health_(status);
}

}  // namespace wsfleet::agent
