#pragma once

#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/bundle_upload.h"
#include "coordinator/rpc/submission.h"
#include "grpcpp/support/server_callback.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::coordinator {

// One submit: gathers header and chunks, bounded; then, each step after the other, the bundle is resolved on a reader's
// thread, stored on the store's, and the job handed to the machine, whose answer ends the call. The steps never
// overlap, so nothing is locked. Destroys itself when gRPC has reported the end.
class SubmitCall : public grpc::ServerReadReactor<v1::SubmitRequest> {
 public:
  SubmitCall(Backend& backend, const grpc::CallbackServerContext& context, v1::SubmitReply& reply);

  // Once, before gRPC gets the pointer.
  void Begin(const grpc::Status& refusal);

 private:
  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

  grpc::Status Take(v1::SubmitRequest& part);
  void Prepare();
  void StoreBundle(Submission submission);
  void AskMachine(Submission submission);

  Backend& backend_;
  FleetHost* host_ = nullptr;  // since its header
  const grpc::CallbackServerContext& context_;
  v1::SubmitReply& reply_;
  Slots::Slot slot_;
  v1::SubmitRequest part_;
  v1::SubmitHeader header_;
  bool has_header_ = false;
  BundleUpload bundle_;
  const JobId job_;
};

}  // namespace wsfleet::coordinator
