#include "cli/runs.h"

#include <poll.h>

#include <chrono>
#include <memory>
#include <random>

#include "absl/time/clock.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"

namespace wsfleet::cli {
namespace {

constexpr absl::Duration kReconnectLimit = absl::Seconds(60);
constexpr std::chrono::seconds kCallLimit{30};

void Limit(grpc::ClientContext& context) { context.set_deadline(std::chrono::system_clock::now() + kCallLimit); }

bool HasEnded(const v1::Job& job) { return !job.verdict().empty(); }

bool MayComeBack(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsCancelled(status) ||
         absl::IsInternal(status) || absl::IsUnknown(status) || absl::IsAborted(status);
}

void Print(bool quiet, const std::string& line) {
  if (!quiet) fmt::print(stderr, "{} {}\n", absl::FormatTime("%H:%M:%S", absl::Now(), absl::LocalTimeZone()), line);
}

// Prints what changed.
class Progress {
 public:
  explicit Progress(bool quiet) : quiet_(quiet) {}

  void Show(const v1::JobEvent& event) {
    if (event.kind_case() == v1::JobEvent::kNote) Print(quiet_, Printable(event.note()));
    if (event.kind_case() != v1::JobEvent::kJob) return;
    for (const v1::Shard& shard : event.job().shards()) {
      const std::string line =
          fmt::format("{:<12} {}/{}{}{}", shard.region(), shard.finished_cases(), shard.planned_cases(),
                      shard.failed_cases() > 0 ? fmt::format("  {} failed", shard.failed_cases()) : "",
                      shard.reason().empty() ? "" : "  " + Printable(shard.reason()));
      if (std::exchange(shown_[shard.index()], line) != line) Print(quiet_, line);
    }
  }

 private:
  bool quiet_;
  std::map<std::uint64_t, std::string> shown_;
};

}  // namespace

absl::StatusOr<Submitted> Submit(CoordinatorClient& client, const Bundle& bundle, const SubmitOptions& options) {
  const std::string canonical = wire::CanonicalForm(bundle);
  grpc::ClientContext context;
  client.Authorize(context);
  Limit(context);
  v1::SubmitReply reply;
  const auto stream = client.jobs().Submit(&context, &reply);
  v1::SubmitRequest request;
  v1::SubmitHeader& header = *request.mutable_header();
  header.set_fleet(client.endpoint().fleet);
  header.set_run_key(options.spec.key.value());
  header.mutable_bundle()->set_digest(wire::Digest(canonical).value());
  header.mutable_bundle()->set_bytes(canonical.size());
  *header.mutable_selection() = wire::ToWire(options.spec.selection);
  *header.mutable_variables() = wire::ToWire(options.spec.variables);
  for (const std::string& term : options.spec.from) header.add_from(term);
  if (options.spec.require) header.mutable_require()->set_at_least(*options.spec.require);
  *header.mutable_agents_wait() = wire::ToWire(options.spec.agents_wait);
  if (options.has_deadline) *header.mutable_deadline() = wire::ToWire(options.spec.deadline);
  for (const auto& [name, value] : options.secrets) (*header.mutable_secrets())[name] = value;
  header.set_detached(options.spec.detached);
  header.set_submitter(options.spec.submitter);
  bool open = stream->Write(request);
  for (std::string& chunk : wire::Chunks(canonical)) {
    request.Clear();
    request.mutable_chunk()->set_data(std::move(chunk));
    open = open && stream->Write(request);
  }
  if (open) stream->WritesDone();
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return wire::FromGrpc(status);
  return Submitted{reply.job(), reply.attached()};
}

absl::Status Watch(CoordinatorClient& client, const std::string& job, Interrupt& interrupt, bool cancel_on_interrupt,
                   bool quiet) {
  if (cancel_on_interrupt) {
    interrupt.Do([&client, job] {
      fmt::print(stderr, "cancelling run {} (Ctrl-C again ends at once)\n", job);
      const absl::Status status = CancelJob(client, job, "Ctrl-C");
      if (!status.ok()) fmt::print(stderr, "cancelling failed: {}\n", ToStd(status.message()));
    });
  }
  Progress progress(quiet);
  std::uint64_t cursor = 0;
  absl::Time last_contact = absl::Now();
  std::minstd_rand random(std::random_device{}());
  while (true) {
    grpc::ClientContext context;
    client.Authorize(context);
    v1::WatchJobRequest request;
    request.set_fleet(client.endpoint().fleet);
    request.set_job(job);
    request.set_after(cursor);
    const auto stream = client.jobs().Watch(&context, request);
    v1::JobEvent event;
    bool ended = false;
    while (stream->Read(&event)) {
      last_contact = absl::Now();
      cursor = std::max(cursor, event.number());
      progress.Show(event);
      ended = ended || (event.kind_case() == v1::JobEvent::kJob && HasEnded(event.job()));
    }
    const absl::Status status = wire::FromGrpc(stream->Finish());
    if (ended || status.ok()) return absl::OkStatus();
    if (!MayComeBack(status)) return status;
    if (absl::Now() - last_contact > kReconnectLimit) {
      return absl::UnavailableError(
          fmt::format("the connection broke and did not come back within {}; `wsfleet runs watch {}` goes on",
                      DurationText(kReconnectLimit), job));
    }
    Print(quiet, fmt::format("connection broken ({}); trying again", ToStd(status.message())));
    poll(nullptr, 0, 200 + static_cast<int>(random() % 400));
  }
}

absl::StatusOr<v1::Job> GetJob(CoordinatorClient& client, const std::string& job) {
  grpc::ClientContext context;
  client.Authorize(context);
  Limit(context);
  v1::GetJobRequest request;
  request.set_fleet(client.endpoint().fleet);
  request.set_job(job);
  v1::Job reply;
  const grpc::Status status = client.jobs().Get(&context, request, &reply);
  if (!status.ok()) return wire::FromGrpc(status);
  return reply;
}

absl::Status CancelJob(CoordinatorClient& client, const std::string& job, const std::string& reason) {
  grpc::ClientContext context;
  client.Authorize(context);
  Limit(context);
  v1::CancelJobRequest request;
  request.set_fleet(client.endpoint().fleet);
  request.set_job(job);
  request.set_reason(reason);
  v1::Job reply;
  return wire::FromGrpc(client.jobs().Cancel(&context, request, &reply));
}

absl::StatusOr<RunRecord> Fetch(CoordinatorClient& client, const std::string& id) {
  auto job = GetJob(client, id);
  if (!job.ok()) return job.status();
  auto decoded = wire::FromWire(*job);
  if (!decoded.ok()) return decoded.status();
  RunRecord record;
  record.job = std::move(decoded->job);
  for (ShardRecord& shard : decoded->shards) record.shards.push_back({std::move(shard), {}});

  grpc::ClientContext results_context;
  client.Authorize(results_context);
  Limit(results_context);
  v1::JobResultsRequest results;
  results.set_fleet(client.endpoint().fleet);
  results.set_job(id);
  const auto stream = client.jobs().Results(&results_context, results);
  v1::ShardCaseResult result;
  while (stream->Read(&result)) {
    auto parsed = wire::FromWire(result.result());
    if (!parsed.ok()) return parsed.status();
    for (ShardRecordWithCases& entry : record.shards) {
      if (entry.shard.id.index.value() == result.shard()) entry.cases.push_back(*parsed);
    }
  }
  if (const grpc::Status status = stream->Finish(); !status.ok()) return wire::FromGrpc(status);

  grpc::ClientContext bundle_context;
  client.Authorize(bundle_context);
  Limit(bundle_context);
  v1::GetJobRequest request;
  request.set_fleet(client.endpoint().fleet);
  request.set_job(id);
  const auto chunks = client.jobs().Bundle(&bundle_context, request);
  std::string canonical;
  v1::BundleChunk chunk;
  while (chunks->Read(&chunk)) canonical += chunk.data();
  if (const grpc::Status status = chunks->Finish(); !status.ok()) return wire::FromGrpc(status);
  auto bundle = wire::ParseCanonicalForm(canonical);
  if (!bundle.ok()) return bundle.status();
  record.bundle = *std::move(bundle);
  Summarise(record);
  return record;
}

}  // namespace wsfleet::cli
