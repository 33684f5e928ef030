#include "coordinator/rpc/submit_call.h"

#include <utility>

#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

// Paths and lengths of the canonical form come on top of the files.
constexpr std::size_t kMaxCanonicalBytes = kMaxBundleBytes + (1 << 20);

grpc::Status Busy() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the coordinator takes too many submits at once; try again"};
}

}  // namespace

SubmitCall::SubmitCall(Backend& backend, const grpc::CallbackServerContext& context, v1::SubmitReply& reply)
    : backend_(backend), context_(context), reply_(reply), slot_(backend.submits.Take()), job_(NewJobId()) {}

void SubmitCall::Begin(const grpc::Status& refusal) {
  if (!refusal.ok()) return Finish(refusal);
  if (slot_ == nullptr) return Finish(Busy());
  StartRead(&part_);
}

void SubmitCall::OnReadDone(bool ok) {
  if (ok) {
    if (const grpc::Status status = Take(part_); !status.ok()) return Finish(status);
    part_.Clear();
    return StartRead(&part_);
  }
  // The end of the parts, or of the connection; half a bundle would only be refused for its digest.
  if (context_.IsCancelled()) return Finish({grpc::StatusCode::CANCELLED, "the client is gone"});
  if (!has_header_) return Finish({grpc::StatusCode::INVALID_ARGUMENT, "a submit begins with a header"});
  if (!backend_.readers.Post([this] { Prepare(); })) Finish(Busy());
}

grpc::Status SubmitCall::Take(v1::SubmitRequest& part) {
  if (part.has_header()) {
    if (has_header_) return {grpc::StatusCode::INVALID_ARGUMENT, "a submit has one header"};
    header_ = std::move(*part.mutable_header());
    has_header_ = true;
    const auto host = backend_.fleets.Find(header_.fleet());
    if (host.ok()) host_ = *host;
    return wire::ToGrpc(host.status());
  }
  if (!has_header_) return {grpc::StatusCode::INVALID_ARGUMENT, "a submit begins with a header"};
  if (part.chunk().data().size() > wire::kChunkBytes) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "a chunk is larger than 128 KiB"};
  }
  if (canonical_.size() + part.chunk().data().size() > kMaxCanonicalBytes) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the bundle is larger than 8 MiB"};
  }
  canonical_ += part.chunk().data();
  return grpc::Status::OK;
}

void SubmitCall::Prepare() {
  auto submission = PrepareSubmission(header_, canonical_, job_, backend_.secrets);
  if (!submission.ok()) return Finish(wire::ToGrpc(submission.status()));
  // The bundle is durable before the job that names it.
  const bool taken = host_->store_thread().Run(
      [this, submission = *std::move(submission)]() mutable { StoreBundle(std::move(submission)); });
  if (!taken) Finish(Busy());
}

void SubmitCall::StoreBundle(Submission submission) {
  const absl::Status status = backend_.bundles.PutBundle(submission.spec.bundle, canonical_);
  if (!status.ok()) return Finish(wire::ToGrpc(NotStored(status)));
  AskMachine(std::move(submission));
}

void SubmitCall::AskMachine(Submission submission) {
  for (std::string& warning : submission.warnings) reply_.add_warnings(std::move(warning));
  host_->Submit(job_, std::move(submission.spec), [this](const absl::Status& status, const JobId& job, bool attached) {
    if (status.ok()) {
      spdlog::info("run submitted job={} attached={} bundle={}", job.value(), attached, header_.bundle().digest());
    }
    reply_.set_job(job.value());
    reply_.set_attached(attached);
    Finish(wire::ToGrpc(status));
  });
}

}  // namespace wsfleet::coordinator
