#include "coordinator/rpc/jobs_service.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "coordinator/rpc/agent_service.h"
#include "coordinator/rpc/job_watch.h"
#include "coordinator/rpc/paged_stream.h"
#include "coordinator/rpc/submit_call.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::uint32_t kDefaultJobs = 50;
constexpr std::uint32_t kMaxJobs = 500;
constexpr std::size_t kMaxCancelReasonBytes = 1024;

// "wsfleet runs cancel, by alice (ada@laptop)".
std::string WhyCancelled(const Caller& caller, const v1::CancelJobRequest& request) {
  std::string reason = Excerpt(request.reason(), kMaxCancelReasonBytes);
  const std::string by = DisplayName(caller, Excerpt(request.by(), kMaxCancelReasonBytes));
  if (by.empty()) return reason;
  return reason + (reason.empty() ? "by " : ", by ") + by;
}

void Fill(const FleetName& fleet, v1::Job* job) {
  job->set_fleet(fleet.value());
  job->set_coordinator_version(kVersion);
}

PagedStream<v1::ShardCaseResult>::NextPage PagesOfResults(store::JobReader& jobs, const FleetName& fleet,
                                                          const JobId& job) {
  return [&jobs, fleet, job, is_known = false,
          cursor = store::JobReader::ResultCursor()]() mutable -> absl::StatusOr<std::vector<v1::ShardCaseResult>> {
    if (!is_known) {
      if (const auto view = jobs.GetJob(fleet, job); !view.ok()) return view.status();
      is_known = true;
    }
    const auto results = jobs.ResultsAfter(job, cursor);
    if (!results.ok()) return results.status();
    std::vector<v1::ShardCaseResult> page;
    for (const auto& [taken, region, number] : *results) {
      page.push_back(wire::ToWire(taken, region));
      cursor = {taken.shard.index, number};
    }
    return page;
  };
}

}  // namespace

grpc::ServerReadReactor<v1::SubmitRequest>* JobsService::Submit(grpc::CallbackServerContext* context,
                                                                v1::SubmitReply* reply) {
  const auto call = std::make_shared<SubmitCall>(backend_, *context, *reply);
  call->Begin();
  return call.get();
}

void JobsService::SendJob(const UnaryCall& call, const JobId& job, v1::Job* reply) {
  const bool posted = backend_.readers.Post([this, call, job, reply] {
    const auto view = backend_.jobs.GetJob(call.fleet(), job);
    if (view.ok()) {
      *reply = wire::ToWire(view->job, view->shards);
      Fill(call.fleet(), reply);
    }
    call.Finish(view.status(), "", Effect::kNone);
  });
  if (!posted) call.FinishBusy();
}

grpc::ServerUnaryReactor* JobsService::Get(grpc::CallbackServerContext* context, const v1::GetJobRequest* request,
                                           v1::Job* reply) {
  return Answer(backend_, *context, Rpc::kJobsGet, request->fleet(), request->job(),
                [&](const UnaryCall& call) { SendJob(call, JobId(request->job()), reply); });
}

grpc::ServerUnaryReactor* JobsService::List(grpc::CallbackServerContext* context, const v1::ListJobsRequest* request,
                                            v1::ListJobsReply* reply) {
  const std::uint32_t size = request->page_size() == 0 ? kDefaultJobs : std::min(request->page_size(), kMaxJobs);
  return Answer(backend_, *context, Rpc::kJobsList, request->fleet(), "", [&](const UnaryCall& call) {
    const bool posted = backend_.readers.Post([this, call, reply, size, before = JobId(request->page_token())] {
      const auto jobs = backend_.jobs.ListJobs(call.fleet(), size, before);
      if (!jobs.ok()) return call.Finish(jobs.status());
      for (const JobRecord& record : *jobs) {
        v1::Job* const job = reply->add_jobs();
        *job = wire::ToWire(record, {});
        wire::KeepSummary(*job);
        Fill(call.fleet(), job);
      }
      if (jobs->size() == size) reply->set_next_page_token(jobs->back().id.value());
      call.Finish(absl::OkStatus());
    });
    if (!posted) call.FinishBusy();
  });
}

grpc::ServerUnaryReactor* JobsService::Cancel(grpc::CallbackServerContext* context, const v1::CancelJobRequest* request,
                                              v1::Job* reply) {
  return Answer(backend_, *context, Rpc::kJobsCancel, request->fleet(), request->job(), [&](const UnaryCall& call) {
    const JobId job(request->job());
    call.host().Cancel(job, WhyCancelled(call.caller(), *request),
                       [this, call, job, reply](const absl::Status& status) {
                         // The machine knows open jobs only; whether it is one that has ended, the store says.
                         if (status.ok()) call.Done(status, "");
                         if (status.ok() || absl::IsNotFound(status)) return SendJob(call, job, reply);
                         call.Finish(status);
                       });
  });
}

grpc::ServerWriteReactor<v1::JobEvent>* JobsService::Watch(grpc::CallbackServerContext* context,
                                                           const v1::WatchJobRequest* request) {
  const auto watch = std::make_shared<JobWatch>(backend_, *context, *request);
  watch->Begin(Admit(backend_, *context, Rpc::kJobsWatch, request->fleet(), request->job()));
  return watch.get();
}

grpc::ServerWriteReactor<v1::ShardCaseResult>* JobsService::Results(grpc::CallbackServerContext* context,
                                                                    const v1::JobResultsRequest* request) {
  const auto call = Admit(backend_, *context, Rpc::kJobsResults, request->fleet(), request->job());
  const FleetName fleet = call.ok() ? call->host().name() : FleetName();
  return PagedStream<v1::ShardCaseResult>::Start(backend_, *context, backend_.listings, call,
                                                 PagesOfResults(backend_.jobs, fleet, JobId(request->job())));
}

grpc::ServerWriteReactor<v1::BundleChunk>* JobsService::Bundle(grpc::CallbackServerContext* context,
                                                               const v1::GetJobRequest* request) {
  const auto call = Admit(backend_, *context, Rpc::kJobsBundle, request->fleet(), request->job());
  const FleetName fleet = call.ok() ? call->host().name() : FleetName();
  const auto find = [this, fleet, job = JobId(request->job())]() -> absl::StatusOr<BundleDigest> {
    const auto view = backend_.jobs.GetJob(fleet, job);
    if (!view.ok()) return view.status();
    return view->job.spec.bundle;
  };
  return PagedStream<v1::BundleChunk>::Start(backend_, *context, backend_.listings, call,
                                             PagesOfBundle(backend_.bundles, find));
}

}  // namespace wsfleet::coordinator
