#include "coordinator/store_thread.h"

#include <algorithm>
#include <utility>

#include "coordinator/store/refusal.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {

absl::Status NotStored(const absl::Status& why) {
  return absl::Status(absl::IsResourceExhausted(why) ? why.code() : absl::StatusCode::kUnavailable,
                      fmt::format("the coordinator could not store a change: {}; try again", ToStd(why.message())));
}

absl::Status NeverStored(const absl::Status& why) {
  return absl::InvalidArgumentError(
      fmt::format("the coordinator's store can never hold this: {}", ToStd(why.message())));
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
  Report report = CommitInParts(commits, batches);
  bytes_ -= all_bytes;
  broken_ = !report.failure.ok();
  on_committed_(std::move(report));
}

StoreThread::Report StoreThread::CommitInParts(const std::vector<fleet::CommitId>& commits,
                                               const std::vector<WriteBatch>& batches) {
  Report report;
  std::size_t at_once = batches.size();
  while (report.durable.size() < batches.size()) {
    const std::size_t done = report.durable.size();
    const auto first = batches.begin() + static_cast<std::ptrdiff_t>(done);
    at_once = std::min(at_once, batches.size() - done);
    const bool is_all = at_once == batches.size();
    auto outcomes =
        store_.Commit(ownership_, is_all ? batches : std::vector(first, first + static_cast<std::ptrdiff_t>(at_once)));
    if (outcomes.ok()) {
      for (std::size_t i = 0; i < at_once; ++i)
        report.durable.push_back({commits[done + i], std::move(outcomes->at(i))});
    } else if (store::IsRefusal(outcomes.status()) && at_once > 1) {
      // One of them is refused, and the others are not to pay for it. Halves find it in few transactions.
      at_once /= 2;
    } else {
      report.failure = outcomes.status();
      report.failed = commits[done];
      break;
    }
  }
  return report;
}

}  // namespace wsfleet::coordinator
