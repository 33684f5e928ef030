#include "coordinator/rpc/apply_call.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "coordinator/rpc/schedule_view.h"
#include "coordinator/rpc/submission.h"
#include "core/schedule/timing.h"
#include "proto/wire/convert.h"
#include "proto/wire/secrets.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {

v1::ScheduleChange ToWire(fleet::ScheduleChange change) {
  switch (change) {
    case fleet::ScheduleChange::kUnchanged:
      return v1::SCHEDULE_CHANGE_UNCHANGED;
    case fleet::ScheduleChange::kCreated:
      return v1::SCHEDULE_CHANGE_CREATED;
    case fleet::ScheduleChange::kUpdated:
      return v1::SCHEDULE_CHANGE_UPDATED;
    case fleet::ScheduleChange::kDeleted:
      return v1::SCHEDULE_CHANGE_DELETED;
  }
  return v1::SCHEDULE_CHANGE_UNSPECIFIED;
}

std::string_view ChangeText(fleet::ScheduleChange change) {
  switch (change) {
    case fleet::ScheduleChange::kUnchanged:
      return "unchanged";
    case fleet::ScheduleChange::kCreated:
      return "created";
    case fleet::ScheduleChange::kUpdated:
      return "updated";
    case fleet::ScheduleChange::kDeleted:
      return "deleted";
  }
  return "";
}

ApplyCall::ApplyCall(Backend& backend, grpc::CallbackServerContext& context, v1::ApplyScheduleReply& reply)
    : UploadCall(backend, context, Rpc::kSchedulesApply), reply_(reply) {}

std::optional<ApplyCall::Subject> ApplyCall::TakeHeader(v1::ApplyScheduleRequest& part) {
  if (!part.has_header()) return std::nullopt;
  header_ = std::move(*part.mutable_header());
  return Subject{header_.run().fleet(), header_.name()};
}

void ApplyCall::OnUploaded() {
  if (header_.dry_run()) admission().ChangesNothing();
  const bool posted = backend().resolvers.Post([self = Self()] {
    self->Post([self = self.get(), submission = self->PrepareAgainstKnown()]() mutable {
      self->OnPrepared(std::move(submission));
    });
  });
  if (!posted) End(Busy());
}

absl::StatusOr<ScheduleSubmission> ApplyCall::PrepareAgainstKnown() {
  const auto known = backend().schedules.GetSchedule(host().name(), ScheduleName(header_.name()), 0);
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  const auto rules = RulesOf(backend(), host().name());
  if (!rules.ok()) return rules.status();
  auto submission =
      PrepareSchedule(header_, bundle().canonical(), host().name(),
                      known.ok() ? std::optional(known->schedule.spec) : std::nullopt, backend().secrets, *rules);
  if (submission.ok()) {
    submission->spec.job.submitter = DisplayName(admission().caller(), submission->spec.job.submitter);
    std::ranges::move(WarningsOfSecrets(submission->spec.job, host().name(), backend().fleet_secrets),
                      std::back_inserter(submission->warnings));
  }
  return submission;
}

void ApplyCall::OnPrepared(absl::StatusOr<ScheduleSubmission> submission) {
  wire::WipeSecrets(*header_.mutable_run()->mutable_secrets());
  if (!submission.ok()) return End(wire::ToGrpc(submission.status()));
  if (header_.dry_run()) return AskMachine(*std::move(submission));
  // The bundle is durable before the schedule that names it.
  auto canonical = std::make_shared<const std::string>(bundle().Release());
  const bool taken = host().store_thread().Run(
      [self = Self(), canonical = std::move(canonical), submission = *std::move(submission)]() mutable {
        const absl::Status status = self->backend().bundles.Put(submission.spec.job.bundle, std::move(canonical));
        self->Post([self = self.get(), status, submission = std::move(submission)]() mutable {
          status.ok() ? self->AskMachine(std::move(submission)) : self->End(wire::ToGrpc(NotStored(status)));
        });
      });
  if (!taken) End(Busy());
}

void ApplyCall::AskMachine(ScheduleSubmission submission) {
  if (!ended()) {
    reply_.set_secrets_changed(submission.secrets_changed);
    for (std::string& warning : submission.warnings) reply_.add_warnings(std::move(warning));
  }
  fleet::ApplySchedule request{std::move(submission.spec), std::nullopt, header_.dry_run()};
  request.expected = ExpectedEdition(header_);
  host().AskSchedule(std::move(request),
                     [self = Self()](const fleet::AnswerSchedule& answer) { self->OnAnswer(answer); });
}

void ApplyCall::OnAnswer(const fleet::AnswerSchedule& answer) {
  if (answer.status.ok() && !header_.dry_run() && answer.change != fleet::ScheduleChange::kUnchanged) {
    spdlog::info("schedule applied schedule={} version={} times=\"{}\" bundle={}", header_.name(),
                 answer.after->version, TimingText(answer.after->spec.timing), answer.after->spec.job.bundle.value());
  }
  admission().Done(answer.status, std::string(ChangeText(answer.change)), EffectOf(answer.change));
  if (ended()) return;
  reply_.set_change(ToWire(answer.change));
  if (answer.before) *reply_.mutable_before() = Describe(*answer.before);
  if (answer.after) *reply_.mutable_after() = Describe(*answer.after);
  End(wire::ToGrpc(answer.status));
}

v1::Schedule ApplyCall::Describe(const ScheduleRecord& record) const {
  return DetailedSchedule(host().name(), {record, std::nullopt, {}}, backend().secrets, absl::Now());
}

}  // namespace wsfleet::coordinator
