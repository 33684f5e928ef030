#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "absl/status/status.h"
#include "cli/connection.h"

namespace wsfleet::cli {

// The events of a run, read on a thread of its own, through broken connections: it watches again from the last event
// that it has seen. The queue is bounded; while it is full the coordinator's stream waits.
class JobFeed {
 public:
  struct Broken {  // the connection; another is tried
    std::string why;
  };
  struct Ended {  // the last item. OK: the run has ended, its last event came before this
    absl::Status status;
  };
  using Item = std::variant<v1::JobEvent, Broken, Ended>;

  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  // Ends with UNAVAILABLE if no connection could be had for `reconnect_limit` since the last one broke. `client`
  // outlives this.
  JobFeed(CoordinatorClient& client, std::string job, absl::Duration reconnect_limit,
          Clock clock = std::chrono::steady_clock::now);
  ~JobFeed();
  JobFeed(const JobFeed&) = delete;
  JobFeed& operator=(const JobFeed&) = delete;

  // For poll(): readable while there is an item.
  int descriptor() const { return ready_; }
  // Does not block.
  std::optional<Item> Take();
  // Blocks until there is one.
  Item Next();

 private:
  void Run();
  // Reads one stream to its end; true if the run has ended.
  bool ReadStream(absl::Status& status);
  bool IsTimeOver() const;
  // Until there is a connection, or no more time for one; false if it is to stop.
  bool Reconnect();
  void Push(Item item);

  CoordinatorClient& client_;
  const std::string job_;
  const absl::Duration reconnect_limit_;
  const Clock clock_;
  const int ready_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  grpc::ClientContext* context_ = nullptr;  // of the stream that is read
  bool stopping_ = false;

  // Of the thread.
  std::uint64_t cursor_ = 0;
  std::chrono::steady_clock::time_point last_contact_;  // the end of the last stream that said something
  std::thread thread_;
};

}  // namespace wsfleet::cli
