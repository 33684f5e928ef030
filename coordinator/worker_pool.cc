#include "coordinator/worker_pool.h"

#include <utility>

#include "boost/asio/post.hpp"

namespace wsfleet::coordinator {

bool WorkerPool::Post(std::function<void()> task) {
  if (stopped_) return false;
  if (queued_.fetch_add(1) >= kMaxQueued) {
    --queued_;
    return false;
  }
  boost::asio::post(threads_, [this, task = std::move(task)] {
    task();
    --queued_;
  });
  return true;
}

void WorkerPool::Stop() {
  stopped_ = true;
  threads_.join();
}

}  // namespace wsfleet::coordinator
