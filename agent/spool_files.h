#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "agent/spool_directory.h"

namespace wsfleet::agent {

// Keeps the directory of a spool in step with it, on a thread of its own, so that a slow disk holds nobody up. What is
// acknowledged before it was written never is. Thread-safe; nothing blocks but the destructor.
class SpoolFiles {
 public:
  // Called on its thread, when a write fails and when one works again.
  using OnHealth = std::function<void(const absl::Status&)>;

  SpoolFiles(std::unique_ptr<SpoolDirectory> directory, OnHealth on_health);
  // Writes what waits, unless the disk fails.
  ~SpoolFiles();
  SpoolFiles(const SpoolFiles&) = delete;
  SpoolFiles& operator=(const SpoolFiles&) = delete;

  void Put(std::shared_ptr<const v1::ResultBatch> batch);
  void Drop(LeaseId lease, BatchSeq seq);

 private:
  using Key = std::pair<LeaseId, BatchSeq>;

  void Main();
  // True: it works, or there was nothing to do.
  bool WorkOff(std::unique_lock<std::mutex>& lock);
  void Report(const absl::Status& status);

  std::unique_ptr<SpoolDirectory> directory_;
  OnHealth on_health_;
  bool failing_ = false;  // its thread only
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Key, std::shared_ptr<const v1::ResultBatch>> to_write_;
  std::set<Key> to_remove_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wsfleet::agent
