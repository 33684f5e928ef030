#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "wsfleet/v1/agent_session.grpc.pb.h"

namespace wsfleet::agent {

// One bidi stream to the coordinator. gRPC's reactions only post to the agent's strand (an io_context run by one
// thread); every other member runs there. One write and one read are pending at most; what is sent meanwhile waits in a
// bounded queue. Lives until gRPC has reported its end, whoever drops it before.
class SessionStream : public grpc::ClientBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>,
                      public std::enable_shared_from_this<SessionStream> {
 public:
  static constexpr std::size_t kMaxQueued = 1024;

  struct Handlers {
    std::function<void(v1::CoordinatorMessage)> on_message;
    std::function<void(absl::Status)> on_closed;  // last call
  };

  SessionStream(boost::asio::io_context& strand, Handlers handlers);

  void Open(v1::AgentSession::Stub& stub);

  enum class Turn {
    kInOrder,
    kNext,  // before everything that waits: on a slow way results may wait for long
  };
  // False: the message was not sent. The stream goes on if that is larger than the protocol allows; if the queue is
  // full, since the coordinator does not read, it is cancelled.
  bool Send(v1::AgentMessage message, Turn turn = Turn::kInOrder);

  // Messages that wait for one that is being written.
  std::size_t waiting() const { return next_.size() + waiting_.size(); }

  // Ends the stream from this side; on_closed follows.
  void Cancel();

  // No handler is called after this.
  void Detach() { handlers_ = {}; }

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  void StartNextWrite();
  void Close();

  boost::asio::io_context& strand_;
  Handlers handlers_;
  grpc::ClientContext context_;
  v1::CoordinatorMessage incoming_;
  std::optional<v1::AgentMessage> writing_;
  std::deque<v1::AgentMessage> next_, waiting_;
  bool closing_ = false;
  boost::asio::steady_timer watchdog_;   // neither a stalled flow-control window nor a missing end reports itself
  std::shared_ptr<SessionStream> self_;  // until OnDone: gRPC holds a plain pointer
};

}  // namespace wsfleet::agent
