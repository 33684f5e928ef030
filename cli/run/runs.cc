#include "cli/run/runs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "cli/run/bundle_stream.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"

namespace wsfleet::cli {
namespace {

constexpr std::uint32_t kMaxPage = 500;

template <typename Request>
Request RequestFor(const CoordinatorClient& client, const std::string& job) {
  Request request;
  request.set_fleet(client.fleet());
  request.set_job(job);
  return request;
}

absl::Status FetchResults(CoordinatorClient& client, const std::string& job, RunRecord& record) {
  absl::Status broken;
  absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    for (ShardRecordWithCases& shard : record.shards) shard.cases.clear();
    const auto stream = client.jobs().Results(&context, RequestFor<v1::JobResultsRequest>(client, job));
    v1::ShardCaseResult result;
    while (broken.ok() && stream->Read(&result)) {
      auto parsed = wire::FromWire(result.result());
      if (!parsed.ok()) {
        broken = parsed.status();
        context.TryCancel();
        continue;
      }
      // Shards are numbered from 1 and listed in that order.
      const std::uint64_t index = result.shard() - 1;
      if (index < record.shards.size() && record.shards[index].shard.id.index.value() == result.shard()) {
        record.shards[index].cases.push_back(*std::move(parsed));
      }
    }
    return stream->Finish();
  });
  return broken.ok() ? status : broken;
}

absl::Status FetchBundle(CoordinatorClient& client, const std::string& job, RunRecord& record) {
  std::string canonical;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    const auto stream = client.jobs().Bundle(&context, RequestFor<v1::GetJobRequest>(client, job));
    canonical = ReceiveBundle(context, *stream);
    return stream->Finish();
  });
  if (!status.ok()) return status;
  auto bundle = wire::ParseCanonicalForm(canonical);
  if (!bundle.ok()) return bundle.status();
  record.bundle = *std::move(bundle);
  return absl::OkStatus();
}

}  // namespace

v1::SubmitHeader SubmitHeaderOf(const CoordinatorClient& client, const std::string& canonical,
                                const SubmitOptions& options) {
  v1::SubmitHeader header;
  header.set_fleet(client.fleet());
  header.set_run_key(options.spec.key.value());
  header.mutable_bundle()->set_digest(wire::Digest(canonical).value());
  header.mutable_bundle()->set_bytes(canonical.size());
  *header.mutable_selection() = wire::ToWire(options.spec.selection);
  *header.mutable_variables() = wire::ToWire(options.spec.variables);
  for (const std::string& term : options.spec.from) header.add_from(term);
  header.set_every_agent(options.spec.every_agent);
  if (options.spec.require) header.mutable_require()->set_at_least(*options.spec.require);
  if (options.require_all) header.mutable_require()->set_all(true);
  *header.mutable_agents_wait() = wire::ToWire(options.spec.agents_wait);
  if (options.has_deadline) *header.mutable_deadline() = wire::ToWire(options.spec.deadline);
  for (const auto& [name, value] : options.secrets) (*header.mutable_secrets())[name] = value;
  header.set_detached(options.spec.detached);
  header.set_submitter(options.spec.submitter);
  header.set_command(options.spec.command);
  return header;
}

absl::StatusOr<Submitted> Submit(CoordinatorClient& client, const Bundle& bundle, const SubmitOptions& options) {
  const std::string canonical = wire::CanonicalForm(bundle);
  const v1::SubmitHeader header = SubmitHeaderOf(client, canonical, options);
  // Without a key it would be two runs.
  const auto repetition =
      header.run_key().empty() ? CoordinatorClient::Repetition::kIfNotTaken : CoordinatorClient::Repetition::kAlways;
  v1::SubmitReply reply;
  const auto submit = [&](grpc::ClientContext& context) {
    reply.Clear();
    const auto stream = client.jobs().Submit(&context, &reply);
    SendBundle<v1::SubmitRequest>(*stream, header, canonical);
    return stream->Finish();
  };
  if (const absl::Status status = client.Call(kCallLimit, submit, repetition); !status.ok()) return status;
  return Submitted{reply.job(), reply.attached(), {reply.warnings().begin(), reply.warnings().end()}};
}

absl::StatusOr<v1::Job> GetJob(CoordinatorClient& client, const std::string& job) {
  v1::Job reply;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    return client.jobs().Get(&context, RequestFor<v1::GetJobRequest>(client, job), &reply);
  });
  if (!status.ok()) return status;
  return reply;
}

absl::StatusOr<v1::Job> CancelJob(CoordinatorClient& client, const std::string& job, const std::string& reason,
                                  const std::string& by, absl::Duration limit) {
  auto request = RequestFor<v1::CancelJobRequest>(client, job);
  request.set_reason(reason);
  request.set_by(by);
  v1::Job reply;
  const absl::Status status =
      client.Call(limit, [&](grpc::ClientContext& context) { return client.jobs().Cancel(&context, request, &reply); });
  if (!status.ok()) return status;
  return reply;
}

absl::StatusOr<std::vector<v1::Job>> ListJobs(CoordinatorClient& client, std::uint32_t limit) {
  std::vector<v1::Job> jobs;
  std::string token;
  do {
    v1::ListJobsRequest request;
    request.set_fleet(client.fleet());
    request.set_page_size(std::min(limit - static_cast<std::uint32_t>(jobs.size()), kMaxPage));
    request.set_page_token(token);
    v1::ListJobsReply reply;
    const absl::Status status = client.Call(
        kCallLimit, [&](grpc::ClientContext& context) { return client.jobs().List(&context, request, &reply); });
    if (!status.ok()) return status;
    std::ranges::move(*reply.mutable_jobs(), std::back_inserter(jobs));
    token = reply.next_page_token();
  } while (!token.empty() && jobs.size() < limit);
  return jobs;
}

absl::StatusOr<RunRecord> FetchRecord(CoordinatorClient& client, const std::string& id) {
  auto job = GetJob(client, id);
  if (!job.ok()) return job.status();
  auto decoded = wire::FromWire(*job);
  if (!decoded.ok()) return decoded.status();
  RunRecord record;
  record.job = std::move(decoded->job);
  for (ShardRecord& shard : decoded->shards) record.shards.push_back({std::move(shard), {}});
  if (absl::Status status = FetchResults(client, id, record); !status.ok()) return status;
  if (absl::Status status = FetchBundle(client, id, record); !status.ok()) return status;
  Summarise(record);
  return record;
}

bool HasEnded(const v1::Job& job) { return !job.verdict().empty(); }

}  // namespace wsfleet::cli
