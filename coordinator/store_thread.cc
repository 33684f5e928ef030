#include "coordinator/store_thread.h"

#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {

absl::Status NotStored(const absl::Status& why) {
  return absl::Status(absl::IsResourceExhausted(why) ? why.code() : absl::StatusCode::kUnavailable,
                      fmt::format("the coordinator could not store a change: {}; try again", ToStd(why.message())));
}

StoreThread::StoreThread(store::FleetStore& store, OnCommitted on_committed)
    : store_(store), on_committed_(std::move(on_committed)), thread_([this] { Main(); }) {}

StoreThread::~StoreThread() { Stop(); }

bool StoreThread::Commit(fleet::CommitId commit, WriteBatch batch) {
  const std::size_t bytes = ApproximateBytes(batch);
  if (bytes_ > kMaxQueuedBytes) return false;
  bytes_ += bytes;
  if (Push(CommitWork{commit, std::move(batch), bytes})) return true;
  bytes_ -= bytes;
  return false;
}

bool StoreThread::Load(const store::Ownership& ownership, OnLoaded on_loaded) {
  return Push(LoadWork{ownership, std::move(on_loaded)});
}

bool StoreThread::Run(std::function<void()> task) { return Push(std::move(task)); }

void StoreThread::Stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool StoreThread::Push(Work work) {
  {
    const std::lock_guard guard(mutex_);
    if (stopping_ || queue_.size() == kMaxQueued) return false;
    queue_.push_back(std::move(work));
    queued_ = queue_.size();
  }
  wake_.notify_one();
  return true;
}

std::vector<StoreThread::Work> StoreThread::Take() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  std::vector<Work> taken;
  while (!queue_.empty() && taken.size() < kMaxTransaction) {
    const bool is_commit = std::holds_alternative<CommitWork>(queue_.front());
    if (!is_commit && !taken.empty()) break;
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (!is_commit) break;
  }
  queued_ = queue_.size();
  return taken;
}

void StoreThread::Main() {
  for (std::vector<Work> works = Take(); !works.empty(); works = Take()) {
    if (auto* load = std::get_if<LoadWork>(&works.front())) {
      ownership_ = load->ownership;
      auto snapshot = store_.Load(ownership_);
      broken_ = !snapshot.ok();
      load->on_loaded(std::move(snapshot));
    } else if (auto* task = std::get_if<std::function<void()>>(&works.front())) {
      (*task)();
    } else {
      CommitAll(std::move(works));
    }
  }
}

void StoreThread::CommitAll(std::vector<Work> works) {
  std::vector<fleet::CommitId> commits;
  std::vector<WriteBatch> batches;
  std::size_t all_bytes = 0;
  for (Work& work : works) {
    auto& [commit, batch, bytes] = std::get<CommitWork>(work);
    commits.push_back(commit);
    batches.push_back(std::move(batch));
    all_bytes += bytes;
  }
  if (broken_) {
    bytes_ -= all_bytes;
    return;
  }
  auto outcomes = store_.Commit(ownership_, batches);
  bytes_ -= all_bytes;
  broken_ = !outcomes.ok();
  if (broken_) return on_committed_(outcomes.status());
  std::vector<fleet::Persisted> persisted;
  for (std::size_t i = 0; i < commits.size(); ++i) persisted.push_back({commits[i], std::move(outcomes->at(i))});
  on_committed_(std::move(persisted));
}

}  // namespace wsfleet::coordinator
