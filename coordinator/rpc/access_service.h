#pragma once

#include "coordinator/rpc/admission.h"
#include "coordinator/rpc/backend.h"
#include "wsfleet/v1/access.grpc.pb.h"

namespace wsfleet::coordinator {

// Who may do what. Every call goes through Admit().
class TokensService final : public v1::Tokens::CallbackService {
 public:
  explicit TokensService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* Create(grpc::CallbackServerContext* context, const v1::CreateTokenRequest* request,
                                   v1::CreateTokenReply* reply) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const v1::ListTokensRequest* request,
                                 v1::ListTokensReply* reply) override;
  grpc::ServerUnaryReactor* Revoke(grpc::CallbackServerContext* context, const v1::RevokeTokenRequest* request,
                                   v1::Token* reply) override;
  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context, const v1::WhoAmIRequest* request,
                                   v1::WhoAmIReply* reply) override;

 private:
  // Reads again what may be presented, after a change of it.
  void Reload();

  Backend& backend_;
};

// Who did what.
class AuditService final : public v1::Audit::CallbackService {
 public:
  explicit AuditService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const v1::ListAuditRequest* request,
                                 v1::ListAuditReply* reply) override;

 private:
  Backend& backend_;
};

}  // namespace wsfleet::coordinator
