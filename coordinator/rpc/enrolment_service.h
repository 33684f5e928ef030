#pragma once

#include "coordinator/identity/identities.h"
#include "coordinator/log_limit.h"
#include "coordinator/rpc/agent_gate.h"
#include "coordinator/rpc/backend.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"

namespace wsfleet::coordinator {

// How processes become agents: the join token says who may.
class EnrolmentService final : public v1::Enrolment::CallbackService {
 public:
  static constexpr int kMaxRequestBytes = 64 * 1024;  // whole

  EnrolmentService(Backend& backend, Identities& identities) : backend_(backend), identities_(identities) {}

  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context, const v1::EnrolRequest* request,
                                  v1::EnrolReply* reply) override;

 private:
  Backend& backend_;
  Identities& identities_;
  LogLimit refusals_;
};

// How agents remain agents: their certificate says who they are.
class RenewalService final : public v1::Renewal::CallbackService {
 public:
  RenewalService(Backend& backend, Identities& identities, AgentGate& gate)
      : backend_(backend), identities_(identities), gate_(gate) {}

  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context, const v1::RenewRequest* request,
                                  v1::EnrolReply* reply) override;

 private:
  Backend& backend_;
  Identities& identities_;
  AgentGate& gate_;
  LogLimit refusals_;
};

}  // namespace wsfleet::coordinator
