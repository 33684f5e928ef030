#pragma once

#include <functional>

#include "coordinator/rpc/admission.h"
#include "coordinator/rpc/backend.h"
#include "wsfleet/v1/fleet.grpc.pb.h"

namespace wsfleet::coordinator {

// What clients ask about fleets and their agents. Every call goes through Admit().
class FleetsService final : public v1::Fleets::CallbackService {
 public:
  explicit FleetsService(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* ListAgents(grpc::CallbackServerContext* context, const v1::ListAgentsRequest* request,
                                       v1::ListAgentsReply* reply) override;
  grpc::ServerUnaryReactor* GetAgent(grpc::CallbackServerContext* context, const v1::GetAgentRequest* request,
                                     v1::Agent* reply) override;
  grpc::ServerUnaryReactor* DrainAgents(grpc::CallbackServerContext* context, const v1::DrainAgentsRequest* request,
                                        v1::ListAgentsReply* reply) override;
  grpc::ServerUnaryReactor* StopFleet(grpc::CallbackServerContext* context, const v1::StopFleetRequest* request,
                                      v1::StopFleetReply* reply) override;
  grpc::ServerUnaryReactor* ResumeFleet(grpc::CallbackServerContext* context, const v1::ResumeFleetRequest* request,
                                        v1::ResumeFleetReply* reply) override;
  grpc::ServerUnaryReactor* CreateFleet(grpc::CallbackServerContext* context, const v1::CreateFleetRequest* request,
                                        v1::CreateFleetReply* reply) override;
  grpc::ServerUnaryReactor* ListFleets(grpc::CallbackServerContext* context, const v1::ListFleetsRequest* request,
                                       v1::ListFleetsReply* reply) override;
  grpc::ServerUnaryReactor* GetPolicy(grpc::CallbackServerContext* context, const v1::GetPolicyRequest* request,
                                      v1::FleetPolicy* reply) override;
  grpc::ServerUnaryReactor* SetPolicy(grpc::CallbackServerContext* context, const v1::SetPolicyRequest* request,
                                      v1::SetPolicyReply* reply) override;
  grpc::ServerUnaryReactor* Version(grpc::CallbackServerContext* context, const v1::VersionRequest* request,
                                    v1::VersionReply* reply) override;

 private:
  Backend& backend_;
};

}  // namespace wsfleet::coordinator
