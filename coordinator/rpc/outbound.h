#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "boost/asio/steady_timer.hpp"
#include "coordinator/fleet_host.h"
#include "grpcpp/support/status.h"
#include "proto/wire/bundle.h"

namespace wsfleet::coordinator {

// The sending half of one server stream: a bounded queue, one write at a time, Finish exactly once and never beside a
// write, and a watchdog, since a peer that stops reading makes gRPC silent rather than fail. Runs on the fleet strand;
// reactions of gRPC post to it.
template <typename Message>
class Outbound {
 public:
  static constexpr std::size_t kMaxMessages = 1024;
  static constexpr std::size_t kMaxBytes = 8 << 20;

  // Operations of the reactor; `cancel` is called before `finish` only, while the call's context still lives.
  struct Operations {
    std::function<void(const Message*)> write;
    std::function<void(const grpc::Status&)> finish;
    std::function<void()> cancel;
    // Called with each message before it is destroyed; may be empty.
    std::function<void(Message&)> forget = {};
  };

  // `write_limit`: how long the peer may leave one message unread.
  Outbound(FleetStrand& strand, absl::Duration write_limit, Operations operations)
      : operations_(std::move(operations)), write_limit_(write_limit), watchdog_(strand) {}

  ~Outbound() {
    for (Message& message : queue_) Forget(message);
  }

  // What the watchdog keeps alive while it waits.
  void SetOwner(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

  // False: the queue is full or the message larger than the protocol allows. The caller ends the stream.
  bool Push(Message message) {
    if (ended()) return true;
    const std::size_t bytes = message.ByteSizeLong();
    if (queue_.size() == kMaxMessages || bytes > wire::kMaxMessageBytes || bytes_ + bytes > kMaxBytes) return false;
    bytes_ += bytes;
    queue_.push_back(std::move(message));
    if (!writing_) WriteNext();
    return true;
  }

  // Of OnWriteDone. After a failed write the stream is over; the caller ends it.
  void OnWritten() {
    watchdog_.cancel();
    writing_ = false;
    bytes_ -= queue_.front().ByteSizeLong();
    Forget(queue_.front());
    queue_.pop_front();
    if (end_) {
      operations_.finish(*end_);
    } else if (!queue_.empty()) {
      WriteNext();
    } else if (end_when_written_) {
      End(*std::move(end_when_written_));
    }
  }

  // What is queued is dropped. Only the first call counts.
  void End(grpc::Status status) {
    if (ended()) return;
    end_ = std::move(status);
    if (!writing_) operations_.finish(*end_);
  }
  // Ends it as soon as everything that is queued has been written.
  void EndWhenWritten(grpc::Status status) {
    if (queue_.empty()) {
      End(std::move(status));
    } else if (!ended()) {
      end_when_written_ = std::move(status);
    }
  }

  bool ended() const { return end_.has_value(); }
  std::size_t size() const { return queue_.size(); }

 private:
  void Forget(Message& message) {
    if (operations_.forget) operations_.forget(message);
  }

  void WriteNext() {
    writing_ = true;
    watchdog_.expires_after(absl::ToChronoNanoseconds(write_limit_));
    watchdog_.async_wait([this, owner = owner_](const boost::system::error_code& error) {
      const auto alive = owner.lock();
      if (!error && alive && writing_) operations_.cancel();
    });
    operations_.write(&queue_.front());
  }

  Operations operations_;
  const absl::Duration write_limit_;
  std::weak_ptr<void> owner_;
  std::deque<Message> queue_;  // front: being written
  std::size_t bytes_ = 0;
  bool writing_ = false;
  std::optional<grpc::Status> end_;
  std::optional<grpc::Status> end_when_written_;
  boost::asio::steady_timer watchdog_;
};

}  // namespace wsfleet::coordinator
