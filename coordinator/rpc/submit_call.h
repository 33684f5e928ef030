#pragma once

#include <optional>

#include "coordinator/rpc/submission.h"
#include "coordinator/rpc/upload_call.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::coordinator {

// One submit: what was uploaded is, each step after the other, resolved on a thread for that, stored on the store's,
// and handed to the machine as a job, whose answer ends the call. A client that leaves once everything was sent leaves
// a job behind all the same.
class SubmitCall : public UploadCall<v1::SubmitRequest> {
 public:
  SubmitCall(Backend& backend, grpc::CallbackServerContext& context, v1::SubmitReply& reply);

 private:
  std::optional<Subject> TakeHeader(v1::SubmitRequest& part) override;
  void OnUploaded() override;
  // On a resolver's thread.
  absl::StatusOr<Submission> Prepare();
  void OnPrepared(absl::StatusOr<Submission> submission);
  void AskMachine(Submission submission);
  void OnAnswer(const absl::Status& status, const JobId& job, bool attached);
  std::shared_ptr<SubmitCall> Self() { return std::static_pointer_cast<SubmitCall>(shared_from_this()); }

  v1::SubmitReply& reply_;
  v1::SubmitHeader header_;
  const JobId job_;
};

}  // namespace wsfleet::coordinator
