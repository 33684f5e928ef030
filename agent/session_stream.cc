#include "agent/session_stream.h"

#include <chrono>
#include <utility>

#include "boost/asio/post.hpp"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "spdlog/spdlog.h"

namespace wsfleet::agent {
namespace {

constexpr std::chrono::seconds kWriteLimit{20};
constexpr std::chrono::seconds kEndLimit{2};

}  // namespace

SessionStream::SessionStream(boost::asio::io_context& strand, Handlers handlers)
    : strand_(strand), handlers_(std::move(handlers)), watchdog_(strand) {}

void SessionStream::Open(v1::AgentSession::Stub& stub) {
  self_ = shared_from_this();
  stub.async()->Session(&context_, this);
  // Writes and reads are started from the strand, outside of reactions.
  AddHold();
  StartCall();
  StartRead(&incoming_);
}

bool SessionStream::Send(v1::AgentMessage message, Turn turn) {
  if (closing_) return false;
  // The coordinator would end the stream for it.
  if (const std::size_t bytes = message.ByteSizeLong(); bytes > wire::kMaxMessageBytes) {
    spdlog::error("message not sent kind={} bytes={} limit={}", static_cast<int>(message.kind_case()), bytes,
                  wire::kMaxMessageBytes);
    return false;
  }
  if (waiting() >= kMaxQueued) {
    spdlog::error("stream given up queued={}", waiting());
    Cancel();
    return false;
  }
  (turn == Turn::kNext ? next_ : waiting_).push_back(std::move(message));
  if (!writing_) StartNextWrite();
  return true;
}

void SessionStream::StartNextWrite() {
  std::deque<v1::AgentMessage>& from = next_.empty() ? waiting_ : next_;
  writing_ = std::move(from.front());
  from.pop_front();
  watchdog_.expires_after(kWriteLimit);
  watchdog_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->Cancel();
  });
  StartWrite(&*writing_);
}

void SessionStream::Cancel() {
  if (closing_) return;
  context_.TryCancel();
  Close();
}

// Lets gRPC report the end. Without TryCancel, so that the status is the one that the coordinator gave.
void SessionStream::Close() {
  if (closing_) return;
  closing_ = true;
  RemoveHold();
  // A message that cannot be read looks like the end, and the coordinator knows nothing of it.
  watchdog_.expires_after(kEndLimit);
  watchdog_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->context_.TryCancel();
  });
}

void SessionStream::OnReadDone(bool ok) {
  boost::asio::post(strand_, [self = shared_from_this(), ok] {
    if (!ok) {
      self->Close();
      return;
    }
    v1::CoordinatorMessage message = std::move(self->incoming_);
    self->incoming_.Clear();
    // A handler may drop the last other reference to the stream.
    if (self->handlers_.on_message) self->handlers_.on_message(std::move(message));
    if (!self->closing_) self->StartRead(&self->incoming_);
  });
}

void SessionStream::OnWriteDone(bool ok) {
  boost::asio::post(strand_, [self = shared_from_this(), ok] {
    // From Close() on it watches over the end.
    if (!self->closing_) self->watchdog_.cancel();
    self->writing_.reset();
    if (!ok) {
      self->Close();
    } else if (self->waiting() > 0 && !self->closing_) {
      self->StartNextWrite();
    }
  });
}

void SessionStream::OnDone(const grpc::Status& status) {
  boost::asio::post(strand_, [self = std::move(self_), status = wire::FromGrpc(status)] {
    self->closing_ = true;
    self->watchdog_.cancel();
    if (self->handlers_.on_closed) self->handlers_.on_closed(status);
  });
}

}  // namespace wsfleet::agent
