#pragma once

#include <functional>
#include <string>
#include <vector>

#include "coordinator/identity/identities.h"
#include "coordinator/rpc/admission.h"
#include "coordinator/rpc/backend.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"

namespace wsfleet::coordinator {

// What operators say about who may be an agent. Every call goes through Admit().
class IdentitiesService final : public v1::AgentIdentities::CallbackService {
 public:
  static constexpr absl::Duration kDefaultTtl = absl::Hours(1);
  static constexpr absl::Duration kMinTtl = absl::Minutes(1);
  static constexpr absl::Duration kMaxTtl = absl::Hours(24 * 90);
  static constexpr std::uint32_t kMaxUses = 10'000;

  IdentitiesService(Backend& backend, Identities& identities) : backend_(backend), identities_(identities) {}

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
  // On the thread that Post() runs tasks on. Each agent and pool goes into the audit log by itself.
  absl::Status Revoke(const UnaryCall& call, const std::vector<store::Revocation>& revocations);
  absl::Status Unrevoke(const UnaryCall& call, const std::vector<store::Revocation>& revocations);
  // Where it may block; it finishes the call.
  void Post(const UnaryCall& call, std::function<void()> task);

  Backend& backend_;
  Identities& identities_;
};

}  // namespace wsfleet::coordinator
