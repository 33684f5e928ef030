#pragma once

#include <optional>
#include <string_view>

#include "coordinator/rpc/schedule_submission.h"
#include "coordinator/rpc/upload_call.h"
#include "wsfleet/v1/schedule.grpc.pb.h"

namespace wsfleet::coordinator {

// One schedule that is applied; as SubmitCall. In a dry run nothing is stored.
class ApplyCall : public UploadCall<v1::ApplyScheduleRequest> {
 public:
  ApplyCall(Backend& backend, grpc::CallbackServerContext& context, v1::ApplyScheduleReply& reply);

 private:
  std::optional<Subject> TakeHeader(v1::ApplyScheduleRequest& part) override;
  void OnUploaded() override;
  // On a resolver's thread.
  absl::StatusOr<ScheduleSubmission> PrepareAgainstKnown();
  void OnPrepared(absl::StatusOr<ScheduleSubmission> submission);
  void AskMachine(ScheduleSubmission submission);
  void OnAnswer(const fleet::AnswerSchedule& answer);
  v1::Schedule Describe(const ScheduleRecord& record) const;
  std::shared_ptr<ApplyCall> Self() { return std::static_pointer_cast<ApplyCall>(shared_from_this()); }

  v1::ApplyScheduleReply& reply_;
  v1::ApplyScheduleHeader header_;
};

v1::ScheduleChange ToWire(fleet::ScheduleChange change);
std::string_view ChangeText(fleet::ScheduleChange change);  // "created"
inline Effect EffectOf(fleet::ScheduleChange change) {
  return change == fleet::ScheduleChange::kUnchanged ? Effect::kNone : Effect::kChange;
}

}  // namespace wsfleet::coordinator
