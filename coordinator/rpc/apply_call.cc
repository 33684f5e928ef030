#include "coordinator/rpc/apply_call.h"

#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "coordinator/rpc/schedule_view.h"
#include "core/schedule/timing.h"
#include "proto/wire/convert.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

grpc::Status Busy() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the coordinator takes too many schedules at once; try again"};
}

}  // namespace

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

ApplyCall::ApplyCall(Backend& backend, const grpc::CallbackServerContext& context, v1::ApplyScheduleReply& reply)
    : backend_(backend), context_(context), reply_(reply) {}

void ApplyCall::Begin(const grpc::Status& refusal) {
  if (!refusal.ok()) return Finish(refusal);
  // Its turn comes, or it is refused because too many wait, or because the coordinator stops meanwhile.
  struct Turn {
    ApplyCall* call;
    bool has_come = false;
    ~Turn() {
      if (!has_come) call->Finish(Busy());
    }
  };
  const auto turn = std::make_shared<Turn>(this);
  backend_.submits.Take([turn](Slots::Slot slot) {
    turn->has_come = true;
    turn->call->slot_ = std::move(slot);
    turn->call->StartRead(&turn->call->part_);
  });
}

void ApplyCall::OnReadDone(bool ok) {
  if (ok) {
    if (const grpc::Status status = Take(part_); !status.ok()) return Finish(status);
    part_.Clear();
    return StartRead(&part_);
  }
  if (context_.IsCancelled()) return Finish({grpc::StatusCode::CANCELLED, "the client is gone"});
  if (!header_) return Finish({grpc::StatusCode::INVALID_ARGUMENT, "a schedule begins with a header"});
  if (!backend_.resolvers.Post([this] { Prepare(); })) Finish(Busy());
}

grpc::Status ApplyCall::Take(v1::ApplyScheduleRequest& part) {
  if (part.has_header()) {
    if (header_) return {grpc::StatusCode::INVALID_ARGUMENT, "a schedule has one header"};
    header_ = std::move(*part.mutable_header());
    const auto host = backend_.fleets.Find(header_->run().fleet());
    if (host.ok()) host_ = *host;
    return wire::ToGrpc(host.status());
  }
  if (!header_) return {grpc::StatusCode::INVALID_ARGUMENT, "a schedule begins with a header"};
  return bundle_.Add(part.chunk());
}

absl::StatusOr<ScheduleSubmission> ApplyCall::PrepareAgainstKnown() const {
  const auto known = backend_.schedules.GetSchedule(host_->name(), ScheduleName(header_->name()), 0);
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  return PrepareSchedule(*header_, bundle_.canonical(), host_->name(),
                         known.ok() ? std::optional(known->schedule.spec) : std::nullopt, backend_.secrets);
}

void ApplyCall::Prepare() {
  auto submission = PrepareAgainstKnown();
  if (!submission.ok()) return Finish(wire::ToGrpc(submission.status()));
  reply_.set_secrets_changed(submission->secrets_changed);
  for (std::string& warning : submission->warnings) reply_.add_warnings(std::move(warning));
  if (header_->dry_run()) return AskMachine(*std::move(submission));
  // The bundle is durable before the schedule that names it.
  const bool taken = host_->store_thread().Run(
      [this, submission = *std::move(submission)]() mutable { StoreBundle(std::move(submission)); });
  if (!taken) Finish(Busy());
}

void ApplyCall::StoreBundle(ScheduleSubmission submission) {
  auto canonical = std::make_shared<const std::string>(bundle_.Release());
  const absl::Status status = backend_.bundles.Put(submission.spec.job.bundle, std::move(canonical));
  if (!status.ok()) return Finish(wire::ToGrpc(status));
  AskMachine(std::move(submission));
}

void ApplyCall::AskMachine(ScheduleSubmission submission) {
  fleet::ApplySchedule request{std::move(submission.spec), std::nullopt, header_->dry_run()};
  if (header_->has_expected_version()) request.expected_version = header_->expected_version();
  host_->AskSchedule(std::move(request), [this](const fleet::AnswerSchedule& answer) { OnAnswer(answer); });
}

void ApplyCall::OnAnswer(const fleet::AnswerSchedule& answer) {
  if (answer.status.ok() && !header_->dry_run() && answer.change != fleet::ScheduleChange::kUnchanged) {
    spdlog::info("schedule applied schedule={} version={} times=\"{}\" bundle={}", header_->name(),
                 answer.after->version, TimingText(answer.after->spec.timing), answer.after->spec.job.bundle.value());
  }
  reply_.set_change(ToWire(answer.change));
  if (answer.before) *reply_.mutable_before() = Describe(*answer.before);
  if (answer.after) *reply_.mutable_after() = Describe(*answer.after);
  Finish(wire::ToGrpc(answer.status));
}

v1::Schedule ApplyCall::Describe(const ScheduleRecord& record) const {
  return DetailedSchedule(host_->name(), {record, std::nullopt, {}}, backend_.secrets, absl::Now());
}

}  // namespace wsfleet::coordinator
