#include "coordinator/rpc/submit_call.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "boost/asio/post.hpp"
#include "proto/wire/convert.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kMaxUpload = absl::Minutes(5);

grpc::Status Busy() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the coordinator takes too many submits at once; try again"};
}

}  // namespace

SubmitCall::SubmitCall(Backend& backend, grpc::CallbackServerContext& context, v1::SubmitReply& reply)
    : backend_(backend), context_(context), reply_(reply), patience_(backend.fleets.strand()), job_(NewJobId()) {}

template <typename Step>
void SubmitCall::Post(Step step) {
  boost::asio::post(backend_.fleets.strand(),
                    [self = shared_from_this(), step = std::move(step)]() mutable { step(); });
}

void SubmitCall::Begin(const grpc::Status& refusal) {
  self_ = shared_from_this();
  if (!refusal.ok()) return Post([this, refusal] { End(refusal); });
  // What the client sends meanwhile waits in its stream.
  const bool in_line = backend_.submits.Take([self = self_](Slots::Slot slot) {
    self->Post([self = self.get(), slot = std::move(slot)]() mutable {
      if (self->ended_) return;
      self->slot_ = std::move(slot);
      self->deadline_ = absl::Now() + kMaxUpload;
      self->ReadPart();
    });
  });
  if (!in_line) Post([this] { End(Busy()); });
}

void SubmitCall::ReadPart() {
  const absl::Duration wait = std::min(backend_.peer_limit, deadline_ - absl::Now());
  patience_.expires_after(absl::ToChronoNanoseconds(std::max(wait, absl::ZeroDuration())));
  patience_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->ended_) self->context_.TryCancel();
  });
  StartRead(&part_);
}

void SubmitCall::OnReadDone(bool ok) {
  Post([this, ok] { Receive(ok); });
}

void SubmitCall::Receive(bool ok) {
  patience_.cancel();
  if (ended_) return;
  if (ok) {
    if (const grpc::Status status = Take(part_); !status.ok()) return End(status);
    part_.Clear();
    return ReadPart();
  }
  // The end of the parts, or of the connection; half a bundle would only be refused for its digest.
  if (context_.IsCancelled()) return End({grpc::StatusCode::CANCELLED, "the client is gone, or sent nothing for long"});
  if (!has_header_) return End({grpc::StatusCode::INVALID_ARGUMENT, "a submit begins with a header"});
  const bool posted = backend_.resolvers.Post([self = shared_from_this()] {
    self->Post([self = self.get(), submission = PrepareSubmission(
                                       self->header_, self->bundle_.canonical(), SecretOwner::OfJob(self->job_),
                                       self->backend_.secrets)]() mutable { self->OnPrepared(std::move(submission)); });
  });
  if (!posted) End(Busy());
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
  return bundle_.Add(part.chunk());
}

void SubmitCall::OnPrepared(absl::StatusOr<Submission> submission) {
  if (!submission.ok()) return End(wire::ToGrpc(submission.status()));
  // The bundle is durable before the job that names it.
  auto canonical = std::make_shared<const std::string>(bundle_.Release());
  const bool taken = host_->store_thread().Run(
      [self = shared_from_this(), canonical = std::move(canonical), submission = *std::move(submission)]() mutable {
        const absl::Status status = self->backend_.bundles.Put(submission.spec.bundle, std::move(canonical));
        self->Post([self = self.get(), status, submission = std::move(submission)]() mutable {
          status.ok() ? self->AskMachine(std::move(submission)) : self->End(wire::ToGrpc(NotStored(status)));
        });
      });
  if (!taken) End(Busy());
}

void SubmitCall::AskMachine(Submission submission) {
  if (!ended_) {
    for (std::string& warning : submission.warnings) reply_.add_warnings(std::move(warning));
  }
  host_->Submit(job_, std::move(submission.spec),
                [self = shared_from_this()](const absl::Status& status, const JobId& job, bool attached) {
                  self->OnAnswer(status, job, attached);
                });
}

void SubmitCall::OnAnswer(const absl::Status& status, const JobId& job, bool attached) {
  if (status.ok()) {
    spdlog::info("run submitted job={} attached={} bundle={}", job.value(), attached, header_.bundle().digest());
  }
  if (ended_) return;
  reply_.set_job(job.value());
  reply_.set_attached(attached);
  End(wire::ToGrpc(status));
}

void SubmitCall::End(const grpc::Status& status) {
  if (std::exchange(ended_, true)) return;
  patience_.cancel();
  slot_.reset();
  Finish(status);
}

void SubmitCall::OnCancel() {
  Post([this] { End({grpc::StatusCode::CANCELLED, "the client is gone, or sent nothing for long"}); });
}

void SubmitCall::OnDone() {
  boost::asio::post(backend_.fleets.strand(), [self = std::move(self_)] {});
}

}  // namespace wsfleet::coordinator
