#include "coordinator/rpc/schedules_service.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "coordinator/rpc/agent_service.h"
#include "coordinator/rpc/apply_call.h"
#include "coordinator/rpc/paged_stream.h"
#include "coordinator/rpc/schedule_view.h"
#include "coordinator/rpc/submission.h"
#include "core/base/text.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::uint32_t kDefaultSchedules = 100;
constexpr std::uint32_t kMaxSchedules = 500;
constexpr std::uint32_t kShownTicks = 20;
constexpr std::size_t kMaxPauseReasonBytes = 512;

}  // namespace

grpc::ServerReadReactor<v1::ApplyScheduleRequest>* SchedulesService::Apply(grpc::CallbackServerContext* context,
                                                                           v1::ApplyScheduleReply* reply) {
  const auto call = std::make_shared<ApplyCall>(backend_, *context, *reply);
  call->Begin(backend_.token.Check(*context));
  return call.get();
}

grpc::ServerUnaryReactor* SchedulesService::Get(grpc::CallbackServerContext* context,
                                                const v1::GetScheduleRequest* request, v1::Schedule* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  const bool posted = backend_.readers.Post(
      [this, reactor, reply, fleet = (*host)->name(), schedule = ScheduleName(request->schedule())] {
        const auto view = backend_.schedules.GetSchedule(fleet, schedule, kShownTicks);
        if (view.ok()) *reply = DetailedSchedule(fleet, *view, backend_.secrets, absl::Now());
        reactor->Finish(wire::ToGrpc(view.status()));
      });
  if (!posted) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerUnaryReactor* SchedulesService::List(grpc::CallbackServerContext* context,
                                                 const v1::ListSchedulesRequest* request,
                                                 v1::ListSchedulesReply* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  const std::uint32_t size =
      request->page_size() == 0 ? kDefaultSchedules : std::min(request->page_size(), kMaxSchedules);
  const bool posted = backend_.readers.Post(
      [this, reactor, reply, size, fleet = (*host)->name(), after = ScheduleName(request->page_token())] {
        const auto views = backend_.schedules.ListSchedules(fleet, size, after);
        if (!views.ok()) return reactor->Finish(wire::ToGrpc(views.status()));
        const absl::Time now = absl::Now();
        for (const auto& view : *views) *reply->add_schedules() = ListedSchedule(fleet, view, now);
        if (views->size() == size) reply->set_next_page_token(views->back().schedule.spec.name.value());
        reactor->Finish(grpc::Status::OK);
      });
  if (!posted) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerWriteReactor<v1::BundleChunk>* SchedulesService::Bundle(grpc::CallbackServerContext* context,
                                                                    const v1::GetScheduleRequest* request) {
  const auto host = Admit(backend_, *context, request->fleet());
  const auto find = [this, host, schedule = ScheduleName(request->schedule())]() -> absl::StatusOr<BundleDigest> {
    const auto view = backend_.schedules.GetSchedule((*host)->name(), schedule, 0);
    if (!view.ok()) return view.status();
    return view->schedule.spec.job.bundle;
  };
  return PagedStream<v1::BundleChunk>::Start(backend_, *context, backend_.listings, wire::ToGrpc(host.status()),
                                             PagesOfBundle(backend_.bundles, find));
}

grpc::ServerUnaryReactor* SchedulesService::Change(grpc::CallbackServerContext& context, const std::string& fleet,
                                                   fleet::ScheduleRequest what, v1::ChangeScheduleReply& reply) {
  auto* reactor = context.DefaultReactor();
  const auto host = Admit(backend_, context, fleet);
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  (*host)->AskSchedule(std::move(what), [reactor, &reply](const fleet::AnswerSchedule& answer) {
    if (answer.status.ok() && answer.change != fleet::ScheduleChange::kUnchanged) {
      const ScheduleRecord& about = answer.after ? *answer.after : *answer.before;
      spdlog::info("schedule changed schedule={} paused={} deleted={}", about.spec.name.value(), about.paused,
                   !answer.after.has_value());
    }
    reply.set_change(ToWire(answer.change));
    reactor->Finish(wire::ToGrpc(answer.status));
  });
  return reactor;
}

grpc::ServerUnaryReactor* SchedulesService::Pause(grpc::CallbackServerContext* context,
                                                  const v1::PauseScheduleRequest* request,
                                                  v1::ChangeScheduleReply* reply) {
  return Change(
      *context, request->fleet(),
      fleet::PauseSchedule{ScheduleName(request->schedule()), Excerpt(request->reason(), kMaxPauseReasonBytes)},
      *reply);
}

grpc::ServerUnaryReactor* SchedulesService::Resume(grpc::CallbackServerContext* context,
                                                   const v1::ResumeScheduleRequest* request,
                                                   v1::ChangeScheduleReply* reply) {
  return Change(*context, request->fleet(), fleet::ResumeSchedule{ScheduleName(request->schedule())}, *reply);
}

grpc::ServerUnaryReactor* SchedulesService::Delete(grpc::CallbackServerContext* context,
                                                   const v1::DeleteScheduleRequest* request,
                                                   v1::ChangeScheduleReply* reply) {
  return Change(*context, request->fleet(),
                fleet::DeleteSchedule{ScheduleName(request->schedule()), ExpectedEdition(*request)}, *reply);
}

grpc::ServerUnaryReactor* SchedulesService::Trigger(grpc::CallbackServerContext* context,
                                                    const v1::TriggerScheduleRequest* request, v1::SubmitReply* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  absl::Status status = host.status();
  if (status.ok()) status = wire::CheckText("run_key", request->run_key(), wire::kMaxNameBytes);
  if (!status.ok()) {
    reactor->Finish(wire::ToGrpc(status));
    return reactor;
  }
  const ScheduleName schedule(request->schedule());
  (*host)->Trigger(NewJobId(), schedule, RunKey(request->run_key()),
                   [reactor, reply, schedule](const absl::Status& answered, const JobId& job, bool attached) {
                     if (answered.ok()) {
                       spdlog::info("run submitted job={} attached={} schedule={}", job.value(), attached,
                                    schedule.value());
                     }
                     reply->set_job(job.value());
                     reply->set_attached(attached);
                     reactor->Finish(wire::ToGrpc(answered));
                   });
  return reactor;
}

}  // namespace wsfleet::coordinator
