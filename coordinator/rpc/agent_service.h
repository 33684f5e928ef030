#pragma once

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/rpc/agent_gate.h"
#include "coordinator/rpc/backend.h"
#include "wsfleet/v1/agent_session.grpc.pb.h"

namespace wsfleet::coordinator {

// What agents call. Who may is decided by the listener's certificates, and by the gate.
class AgentService final : public v1::AgentSession::CallbackService {
 public:
  // A stream on which nothing is heard for `silence_limit` is closed.
  AgentService(Backend& backend, const AgentGate& gate, absl::Duration silence_limit)
      : backend_(backend), gate_(gate), silence_limit_(silence_limit) {}

  grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* Session(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::BundleChunk>* FetchBundle(grpc::CallbackServerContext* context,
                                                         const v1::FetchBundleRequest* request) override;

 private:
  Backend& backend_;
  const AgentGate& gate_;
  const absl::Duration silence_limit_;
};

// The pages of a bundle: one chunk each. `find` says which; it is called once, on a reader's thread.
std::function<absl::StatusOr<std::vector<v1::BundleChunk>>()> PagesOfBundle(
    Bundles& bundles, std::function<absl::StatusOr<BundleDigest>()> find);

}  // namespace wsfleet::coordinator
