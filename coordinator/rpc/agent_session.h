#pragma once

#include <memory>
#include <optional>
#include <string>

#include "boost/asio/steady_timer.hpp"
#include "coordinator/rpc/agent_gate.h"
#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/outbound.h"
#include "grpcpp/support/server_callback.h"
#include "wsfleet/v1/agent_session.grpc.pb.h"

namespace wsfleet::coordinator {

// One agent stream. gRPC's reactions only post to the fleet strand, where every other member runs; the next message is
// read when the last one was dealt with, so an agent that sends too fast is slowed down by its own stream; and after
// results while the store is behind, nothing is read until it has caught up. Ends with
// INVALID_ARGUMENT for a message that breaks the protocol, PERMISSION_DENIED for an agent that is not who its
// certificate says or was revoked, also after its hello, UNAVAILABLE for one whose certificate has expired,
// DEADLINE_EXCEEDED if nothing is heard for a lease time.
class AgentSession : public grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>,
                     public std::enable_shared_from_this<AgentSession> {
 public:
  struct Limits {
    absl::Duration silence;  // of the agent
    absl::Duration unread;   // how long it may leave a message unread
  };
  AgentSession(Backend& backend, const AgentGate& gate, grpc::CallbackServerContext& context, const Limits& limits);

  // Once, before gRPC gets the pointer. It lives until gRPC has reported its end.
  void Begin();

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Receive(absl::Time received);
  void ReadOn();
  absl::Status Handle(const v1::AgentMessage& message, absl::Time received);
  absl::Status OnHello(const v1::Hello& hello);
  absl::Status CheckName(const v1::Hello& hello, const FleetName& fleet) const;
  template <typename Parsed>
  absl::Status ApplyParsed(Parsed event);
  void ListenFor(absl::Duration limit);
  void End(const absl::Status& status);

  Fleets& fleets_;
  const AgentGate& gate_;
  AuditLog& audit_;
  const absl::StatusOr<AgentProof> proof_;
  FleetHost* host_ = nullptr;  // since its Hello
  const std::string peer_;
  const bool is_private_;
  const Limits limits_;
  v1::AgentMessage incoming_;
  Outbound<v1::CoordinatorMessage> outbound_;
  std::optional<fleet::StreamId> stream_;
  AgentId agent_;
  boost::asio::steady_timer silence_;
  std::shared_ptr<AgentSession> self_;  // until OnDone: gRPC holds a plain pointer
};

}  // namespace wsfleet::coordinator
