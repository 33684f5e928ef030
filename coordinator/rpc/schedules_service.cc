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
  call->Begin();
  return call.get();
}

grpc::ServerUnaryReactor* SchedulesService::Get(grpc::CallbackServerContext* context,
                                                const v1::GetScheduleRequest* request, v1::Schedule* reply) {
  return Answer(
      backend_, *context, Rpc::kSchedulesGet, request->fleet(), request->schedule(), [&](const UnaryCall& call) {
        const bool posted = backend_.readers.Post([this, call, reply, schedule = ScheduleName(request->schedule())] {
          const auto view = backend_.schedules.GetSchedule(call.fleet(), schedule, kShownTicks);
          if (view.ok()) *reply = DetailedSchedule(call.fleet(), *view, backend_.secrets, absl::Now());
          call.Finish(view.status());
        });
        if (!posted) call.FinishBusy();
      });
}

grpc::ServerUnaryReactor* SchedulesService::List(grpc::CallbackServerContext* context,
                                                 const v1::ListSchedulesRequest* request,
                                                 v1::ListSchedulesReply* reply) {
  const std::uint32_t size =
      request->page_size() == 0 ? kDefaultSchedules : std::min(request->page_size(), kMaxSchedules);
  return Answer(backend_, *context, Rpc::kSchedulesList, request->fleet(), "", [&](const UnaryCall& call) {
    const bool posted = backend_.readers.Post([this, call, reply, size, after = ScheduleName(request->page_token())] {
      const auto views = backend_.schedules.ListSchedules(call.fleet(), size, after);
      if (!views.ok()) return call.Finish(views.status());
      const absl::Time now = absl::Now();
      for (const auto& view : *views) *reply->add_schedules() = ListedSchedule(call.fleet(), view, now);
      if (views->size() == size) reply->set_next_page_token(views->back().schedule.spec.name.value());
      call.Finish(absl::OkStatus());
    });
    if (!posted) call.FinishBusy();
  });
}

grpc::ServerWriteReactor<v1::BundleChunk>* SchedulesService::Bundle(grpc::CallbackServerContext* context,
                                                                    const v1::GetScheduleRequest* request) {
  const auto call = Admit(backend_, *context, Rpc::kSchedulesBundle, request->fleet(), request->schedule());
  const auto find = [this, call, schedule = ScheduleName(request->schedule())]() -> absl::StatusOr<BundleDigest> {
    const auto view = backend_.schedules.GetSchedule(call->host().name(), schedule, 0);
    if (!view.ok()) return view.status();
    return view->schedule.spec.job.bundle;
  };
  return PagedStream<v1::BundleChunk>::Start(backend_, *context, backend_.listings, call,
                                             PagesOfBundle(backend_.bundles, find));
}

grpc::ServerUnaryReactor* SchedulesService::Change(grpc::CallbackServerContext& context, Rpc rpc,
                                                   const std::string& fleet, const std::string& schedule,
                                                   fleet::ScheduleRequest what, v1::ChangeScheduleReply& reply) {
  return Answer(backend_, context, rpc, fleet, schedule, [&](const UnaryCall& call) {
    call.host().AskSchedule(std::move(what), [call, &reply](const fleet::AnswerSchedule& answer) {
      if (answer.status.ok() && answer.change != fleet::ScheduleChange::kUnchanged) {
        const ScheduleRecord& about = answer.after ? *answer.after : *answer.before;
        spdlog::info("schedule changed schedule={} paused={} deleted={}", about.spec.name.value(), about.paused,
                     !answer.after.has_value());
      }
      reply.set_change(ToWire(answer.change));
      call.Finish(answer.status, std::string(ChangeText(answer.change)), EffectOf(answer.change));
    });
  });
}

grpc::ServerUnaryReactor* SchedulesService::Pause(grpc::CallbackServerContext* context,
                                                  const v1::PauseScheduleRequest* request,
                                                  v1::ChangeScheduleReply* reply) {
  return Change(
      *context, Rpc::kSchedulesPause, request->fleet(), request->schedule(),
      fleet::PauseSchedule{ScheduleName(request->schedule()), Excerpt(request->reason(), kMaxPauseReasonBytes)},
      *reply);
}

grpc::ServerUnaryReactor* SchedulesService::Resume(grpc::CallbackServerContext* context,
                                                   const v1::ResumeScheduleRequest* request,
                                                   v1::ChangeScheduleReply* reply) {
  return Change(*context, Rpc::kSchedulesResume, request->fleet(), request->schedule(),
                fleet::ResumeSchedule{ScheduleName(request->schedule())}, *reply);
}

grpc::ServerUnaryReactor* SchedulesService::Delete(grpc::CallbackServerContext* context,
                                                   const v1::DeleteScheduleRequest* request,
                                                   v1::ChangeScheduleReply* reply) {
  return Change(*context, Rpc::kSchedulesDelete, request->fleet(), request->schedule(),
                fleet::DeleteSchedule{ScheduleName(request->schedule()), ExpectedEdition(*request)}, *reply);
}

grpc::ServerUnaryReactor* SchedulesService::Trigger(grpc::CallbackServerContext* context,
                                                    const v1::TriggerScheduleRequest* request, v1::SubmitReply* reply) {
  return Answer(
      backend_, *context, Rpc::kSchedulesTrigger, request->fleet(), request->schedule(), [&](const UnaryCall& call) {
        const auto good = wire::CheckKey("run_key", request->run_key(), wire::kMaxNameBytes);
        if (!good.ok()) return call.Finish(good);
        const ScheduleName schedule(request->schedule());
        call.host().Trigger(NewJobId(), schedule, RunKey(request->run_key()),
                            [call, reply, schedule](const absl::Status& answered, const JobId& job, bool attached) {
                              if (answered.ok()) {
                                spdlog::info("run submitted job={} attached={} schedule={}", job.value(), attached,
                                             schedule.value());
                              }
                              reply->set_job(job.value());
                              reply->set_attached(attached);
                              call.Finish(answered, job.value(), attached ? Effect::kNone : Effect::kChange);
                            });
      });
}

}  // namespace wsfleet::coordinator
