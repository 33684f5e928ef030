#pragma once

#include <functional>
#include <string>

#include "coordinator/identity/identities.h"
#include "coordinator/rpc/backend.h"
#include "coordinator/security_event.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"

namespace wsfleet::coordinator {

// What operators say about who may be an agent. Every call checks the client's token and the fleet's name first.
class IdentitiesService final : public v1::AgentIdentities::CallbackService {
 public:
  static constexpr absl::Duration kDefaultTtl = absl::Hours(1);
  static constexpr absl::Duration kMinTtl = absl::Minutes(1);
  static constexpr absl::Duration kMaxTtl = absl::Hours(24 * 90);
  static constexpr std::uint32_t kMaxUses = 10'000;

  IdentitiesService(Backend& backend, Identities& identities, const SecurityEvents& events)
      : backend_(backend), identities_(identities), events_(events) {}

  grpc::ServerUnaryReactor* CreateJoinToken(grpc::CallbackServerContext* context,
                                            const v1::CreateJoinTokenRequest* request,
                                            v1::CreateJoinTokenReply* reply) override;
  grpc::ServerUnaryReactor* ListJoinTokens(grpc::CallbackServerContext* context,
                                           const v1::ListJoinTokensRequest* request,
                                           v1::ListJoinTokensReply* reply) override;
  grpc::ServerUnaryReactor* RevokeJoinToken(grpc::CallbackServerContext* context,
                                            const v1::RevokeJoinTokenRequest* request,
                                            v1::RevokeJoinTokenReply* reply) override;
  grpc::ServerUnaryReactor* RevokeAgents(grpc::CallbackServerContext* context, const v1::RevokeAgentsRequest* request,
                                         v1::RevokeAgentsReply* reply) override;
  grpc::ServerUnaryReactor* ListRevocations(grpc::CallbackServerContext* context,
                                            const v1::ListRevocationsRequest* request,
                                            v1::ListRevocationsReply* reply) override;

 private:
  // Runs `task` with the name of the request's fleet where it may block, and finishes the call with what it returns.
  grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext& context, const std::string& fleet,
                                  std::function<absl::Status(const FleetName& fleet)> task);

  Backend& backend_;
  Identities& identities_;
  const SecurityEvents& events_;
};

}  // namespace wsfleet::coordinator
