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
  call->Begin(backend_.token.Check(*context));
  return call.get();
}

void JobsService::Answer(grpc::ServerUnaryReactor* reactor, const FleetName& fleet, const JobId& job, v1::Job* reply) {
  const bool posted = backend_.readers.Post([this, reactor, fleet, job, reply] {
    const auto view = backend_.jobs.GetJob(fleet, job);
    if (view.ok()) {
      *reply = wire::ToWire(view->job, view->shards);
      Fill(fleet, reply);
    }
    reactor->Finish(wire::ToGrpc(view.status()));
  });
  if (!posted) reactor->Finish(Busy());
}

grpc::ServerUnaryReactor* JobsService::Get(grpc::CallbackServerContext* context, const v1::GetJobRequest* request,
                                           v1::Job* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
  } else {
    Answer(reactor, (*host)->name(), JobId(request->job()), reply);
  }
  return reactor;
}

grpc::ServerUnaryReactor* JobsService::List(grpc::CallbackServerContext* context, const v1::ListJobsRequest* request,
                                            v1::ListJobsReply* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  const std::uint32_t size = request->page_size() == 0 ? kDefaultJobs : std::min(request->page_size(), kMaxJobs);
  const bool posted = backend_.readers.Post(
      [this, reactor, reply, size, fleet = (*host)->name(), before = JobId(request->page_token())] {
        const auto jobs = backend_.jobs.ListJobs(fleet, size, before);
        if (!jobs.ok()) return reactor->Finish(wire::ToGrpc(jobs.status()));
        for (const JobRecord& record : *jobs) {
          v1::Job* job = reply->add_jobs();
          *job = wire::ToWire(record, {});
          wire::KeepSummary(*job);
          Fill(fleet, job);
        }
        if (jobs->size() == size) reply->set_next_page_token(jobs->back().id.value());
        reactor->Finish(grpc::Status::OK);
      });
  if (!posted) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerUnaryReactor* JobsService::Cancel(grpc::CallbackServerContext* context, const v1::CancelJobRequest* request,
                                              v1::Job* reply) {
  auto* reactor = context->DefaultReactor();
  const auto host = Admit(backend_, *context, request->fleet());
  if (!host.ok()) {
    reactor->Finish(wire::ToGrpc(host.status()));
    return reactor;
  }
  const JobId job(request->job());
  (*host)->Cancel(job, Excerpt(request->reason(), kMaxCancelReasonBytes),
                  [this, reactor, fleet = (*host)->name(), job, reply](const absl::Status& status) {
                    // The machine knows open jobs only; whether it is one that has ended, the store says.
                    if (status.ok() || absl::IsNotFound(status)) return Answer(reactor, fleet, job, reply);
                    reactor->Finish(wire::ToGrpc(status));
                  });
  return reactor;
}

grpc::ServerWriteReactor<v1::JobEvent>* JobsService::Watch(grpc::CallbackServerContext* context,
                                                           const v1::WatchJobRequest* request) {
  const auto watch = std::make_shared<JobWatch>(backend_, *context, *request);
  watch->Begin(Admit(backend_, *context, request->fleet()));
  return watch.get();
}

grpc::ServerWriteReactor<v1::ShardCaseResult>* JobsService::Results(grpc::CallbackServerContext* context,
                                                                    const v1::JobResultsRequest* request) {
  const auto host = Admit(backend_, *context, request->fleet());
  const FleetName fleet = host.ok() ? (*host)->name() : FleetName();
  return PagedStream<v1::ShardCaseResult>::Start(backend_, *context, backend_.listings, wire::ToGrpc(host.status()),
                                                 PagesOfResults(backend_.jobs, fleet, JobId(request->job())));
}

grpc::ServerWriteReactor<v1::BundleChunk>* JobsService::Bundle(grpc::CallbackServerContext* context,
                                                               const v1::GetJobRequest* request) {
  const auto host = Admit(backend_, *context, request->fleet());
  const FleetName fleet = host.ok() ? (*host)->name() : FleetName();
  const auto find = [this, fleet, job = JobId(request->job())]() -> absl::StatusOr<BundleDigest> {
    const auto view = backend_.jobs.GetJob(fleet, job);
    if (!view.ok()) return view.status();
    return view->job.spec.bundle;
  };
  return PagedStream<v1::BundleChunk>::Start(backend_, *context, backend_.listings, wire::ToGrpc(host.status()),
                                             PagesOfBundle(backend_.bundles, find));
}

}  // namespace wsfleet::coordinator
