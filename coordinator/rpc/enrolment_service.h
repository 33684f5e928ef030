#pragma once

#include "coordinator/identity/identities.h"
#include "coordinator/rpc/agent_gate.h"
#include "coordinator/security_event.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"

namespace wsfleet::coordinator {

// How processes become agents: the join token says who may.
class EnrolmentService final : public v1::Enrolment::CallbackService {
 public:
  static constexpr int kMaxRequestBytes = 64 * 1024;  // whole

  EnrolmentService(Identities& identities, const SecurityEvents& events) : identities_(identities), events_(events) {}

  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context, const v1::EnrolRequest* request,
                                  v1::EnrolReply* reply) override;

 private:
  Identities& identities_;
  const SecurityEvents& events_;
};

// How agents remain agents: their certificate says who they are.
class RenewalService final : public v1::Renewal::CallbackService {
 public:
  RenewalService(Identities& identities, const AgentGate& gate, const SecurityEvents& events)
      : identities_(identities), gate_(gate), events_(events) {}

  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context, const v1::RenewRequest* request,
                                  v1::EnrolReply* reply) override;

 private:
  Identities& identities_;
  const AgentGate& gate_;
  const SecurityEvents& events_;
};

}  // namespace wsfleet::coordinator
