#pragma once

#include <optional>

#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/bundle_upload.h"
#include "coordinator/rpc/schedule_submission.h"
#include "grpcpp/support/server_callback.h"
#include "wsfleet/v1/schedule.grpc.pb.h"

namespace wsfleet::coordinator {

// One schedule that is applied; as SubmitCall. In a dry run nothing is stored.
class ApplyCall : public grpc::ServerReadReactor<v1::ApplyScheduleRequest> {
 public:
  ApplyCall(Backend& backend, const grpc::CallbackServerContext& context, v1::ApplyScheduleReply& reply);

  // Once, before gRPC gets the pointer.
  void Begin(const grpc::Status& refusal);

 private:
  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

  grpc::Status Take(v1::ApplyScheduleRequest& part);
  void Prepare();
  absl::StatusOr<ScheduleSubmission> PrepareAgainstKnown() const;
  void StoreBundle(ScheduleSubmission submission);
  void AskMachine(ScheduleSubmission submission);
  void OnAnswer(const fleet::AnswerSchedule& answer);
  v1::Schedule Describe(const ScheduleRecord& record) const;

  Backend& backend_;
  FleetHost* host_ = nullptr;  // since its header
  const grpc::CallbackServerContext& context_;
  v1::ApplyScheduleReply& reply_;
  Slots::Slot slot_;
  v1::ApplyScheduleRequest part_;
  std::optional<v1::ApplyScheduleHeader> header_;
  BundleUpload bundle_;
};

v1::ScheduleChange ToWire(fleet::ScheduleChange change);

}  // namespace wsfleet::coordinator
