#pragma once

#include <string>

#include "coordinator/rpc/admission.h"
#include "coordinator/rpc/backend.h"
#include "wsfleet/v1/schedule.grpc.pb.h"

namespace wsfleet::coordinator {

// What clients ask about schedules. Every call goes through Admit().
class SchedulesService final : public v1::Schedules::CallbackService {
 public:
  explicit SchedulesService(Backend& backend) : backend_(backend) {}

  grpc::ServerReadReactor<v1::ApplyScheduleRequest>* Apply(grpc::CallbackServerContext* context,
                                                           v1::ApplyScheduleReply* reply) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::GetScheduleRequest* request,
                                v1::Schedule* reply) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const v1::ListSchedulesRequest* request,
                                 v1::ListSchedulesReply* reply) override;
  grpc::ServerWriteReactor<v1::BundleChunk>* Bundle(grpc::CallbackServerContext* context,
                                                    const v1::GetScheduleRequest* request) override;
  grpc::ServerUnaryReactor* Pause(grpc::CallbackServerContext* context, const v1::PauseScheduleRequest* request,
                                  v1::ChangeScheduleReply* reply) override;
  grpc::ServerUnaryReactor* Resume(grpc::CallbackServerContext* context, const v1::ResumeScheduleRequest* request,
                                   v1::ChangeScheduleReply* reply) override;
  grpc::ServerUnaryReactor* Trigger(grpc::CallbackServerContext* context, const v1::TriggerScheduleRequest* request,
                                    v1::SubmitReply* reply) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context, const v1::DeleteScheduleRequest* request,
                                   v1::ChangeScheduleReply* reply) override;

 private:
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext& context, Rpc rpc, const std::string& fleet,
                                   const std::string& schedule, fleet::ScheduleRequest what,
                                   v1::ChangeScheduleReply& reply);

  Backend& backend_;
};

}  // namespace wsfleet::coordinator
