#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "coordinator/fleet/events.h"
#include "coordinator/store/store.h"

namespace wsfleet::coordinator {

// What a caller is told of a write that failed, with the reason: RESOURCE_EXHAUSTED if there is no room, else
// UNAVAILABLE, since nothing that the caller did is wrong.
absl::Status NotStored(const absl::Status& why);
// What whoever asked for it is told of a change that was refused for good.
absl::Status NeverStored(const absl::Status& why);

// The one thread that writes to the store. Commits that gathered while the last one was under way go into one
// transaction. After a failed commit every commit is dropped until Load() was asked for, since what the discarded
// machine decided on top of it must not become durable. If one of a transaction is refused for good (store/refusal.h),
// those before it are committed without it. Post methods are thread-safe and never block.
class StoreThread {
 public:
  static constexpr std::size_t kMaxQueued = 1 << 16;         // commits and tasks
  static constexpr std::size_t kMaxTransaction = 2048;       // commits in one
  static constexpr std::size_t kMaxQueuedBytes = 256 << 20;  // of commits, roughly; one more is still taken

  // What became of commits, in their order.
  struct Report {
    std::vector<fleet::Persisted> durable;
    absl::Status failure;    // of the next one, and with it those behind it: what was queued is dropped
    fleet::CommitId failed;  // which one that is
  };
  // Called on the store's thread.
  using OnCommitted = std::function<void(Report)>;
  using OnLoaded = std::function<void(absl::StatusOr<FleetSnapshot>)>;

  StoreThread(store::FleetStore& store, OnCommitted on_committed);
  // Finishes what is queued.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  // False: the queue is full, by number or by bytes; nothing was taken. The caller treats it as a failed commit.
  bool Commit(fleet::CommitId commit, WriteBatch batch);
  // What is committed after it is committed under this ownership.
  bool Load(const store::Ownership& ownership, OnLoaded on_loaded);
  // Any other blocking write, in the order of the queue.
  bool Run(std::function<void()> task);

  // What waits: commits and tasks, and about how many bytes the commits have, those of the one under way included. Any
  // thread.
  struct Backlog {
    std::size_t queued = 0;
    std::size_t bytes = 0;
  };
  Backlog backlog() const { return {queued_, bytes_}; }

  // Finishes what is queued and ends the thread; nothing is taken afterwards.
  void Stop();

 private:
  struct CommitWork {
    fleet::CommitId commit;
    WriteBatch batch;
    std::size_t bytes = 0;
  };
  struct LoadWork {
    store::Ownership ownership;
    OnLoaded on_loaded;
  };
  using Work = std::variant<CommitWork, LoadWork, std::function<void()>>;

  bool Push(Work work);
  void Main();
  // The next thing to do: one load or task, or as many commits as there are. Empty: the end.
  std::vector<Work> Take();
  void CommitAll(std::vector<Work> works);
  Report CommitInParts(const std::vector<fleet::CommitId>& commits, const std::vector<WriteBatch>& batches);

  store::FleetStore& store_;
  OnCommitted on_committed_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> queue_;
  bool stopping_ = false;
  std::atomic<std::size_t> queued_ = 0;  // queue_.size(), written under the mutex
  std::atomic<std::size_t> bytes_ = 0;
  // The store's thread only.
  store::Ownership ownership_;
  bool broken_ = false;  // a commit failed and nothing was loaded since
  std::thread thread_;
};

}  // namespace wsfleet::coordinator
