#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "boost/asio/thread_pool.hpp"

namespace wsfleet::coordinator {

// Two threads for what blocks or computes on behalf of a client: reading the store, parsing a bundle. Thread-safe.
class ReaderPool {
 public:
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kMaxQueued = 4096;

  ReaderPool() : threads_(kThreads) {}
  // Finishes what is queued.
  ~ReaderPool() { Stop(); }

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
