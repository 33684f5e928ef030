#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "boost/asio/thread_pool.hpp"

namespace wsfleet::coordinator {

// Threads for what blocks or computes on behalf of a client: reading a page of the store, or parsing a bundle. Each
// kind has its own, so that the one does not wait for the other. Thread-safe.
class WorkerPool {
 public:
  static constexpr std::size_t kMaxQueued = 4096;

  explicit WorkerPool(std::size_t threads) : threads_(threads) {}
  // Finishes what is queued.
  ~WorkerPool() { Stop(); }

  // False: too much is queued, or it was stopped; `task` will not run.
  bool Post(std::function<void()> task);

  // Finishes what is queued and ends the threads; nothing is taken afterwards.
  void Stop();

 private:
  boost::asio::thread_pool threads_;
  std::atomic<std::size_t> queued_ = 0;
  std::atomic<bool> stopped_ = false;
};

}  // namespace wsfleet::coordinator
