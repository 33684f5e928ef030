#pragma once

#include "coordinator/rpc/admission.h"
#include "coordinator/rpc/backend.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::coordinator {

// What clients ask about runs. Every call goes through Admit().
class JobsService final : public v1::Jobs::CallbackService {
 public:
  explicit JobsService(Backend& backend) : backend_(backend) {}

  grpc::ServerReadReactor<v1::SubmitRequest>* Submit(grpc::CallbackServerContext* context,
                                                     v1::SubmitReply* reply) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::GetJobRequest* request,
                                v1::Job* reply) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const v1::ListJobsRequest* request,
                                 v1::ListJobsReply* reply) override;
  grpc::ServerUnaryReactor* Cancel(grpc::CallbackServerContext* context, const v1::CancelJobRequest* request,
                                   v1::Job* reply) override;
  grpc::ServerWriteReactor<v1::JobEvent>* Watch(grpc::CallbackServerContext* context,
                                                const v1::WatchJobRequest* request) override;
  grpc::ServerWriteReactor<v1::ShardCaseResult>* Results(grpc::CallbackServerContext* context,
                                                         const v1::JobResultsRequest* request) override;
  grpc::ServerWriteReactor<v1::BundleChunk>* Bundle(grpc::CallbackServerContext* context,
                                                    const v1::GetJobRequest* request) override;

 private:
  // On a reader's thread: the job as it is, which ends the call.
  void SendJob(const UnaryCall& call, const JobId& job, v1::Job* reply);

  Backend& backend_;
};

}  // namespace wsfleet::coordinator
