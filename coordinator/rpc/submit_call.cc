#include "coordinator/rpc/submit_call.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/wire/secrets.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {

SubmitCall::SubmitCall(Backend& backend, grpc::CallbackServerContext& context, v1::SubmitReply& reply)
    : UploadCall(backend, context, Rpc::kJobsSubmit), reply_(reply), job_(NewJobId()) {}

std::optional<SubmitCall::Subject> SubmitCall::TakeHeader(v1::SubmitRequest& part) {
  if (!part.has_header()) return std::nullopt;
  header_ = std::move(*part.mutable_header());
  return Subject{header_.fleet(), header_.run_key().empty() ? "" : "run key " + header_.run_key()};
}

void SubmitCall::OnUploaded() {
  const bool posted = backend().resolvers.Post([self = Self()] {
    auto submission = self->Prepare();
    self->Post(
        [self = self.get(), submission = std::move(submission)]() mutable { self->OnPrepared(std::move(submission)); });
  });
  if (!posted) End(Busy());
}

absl::StatusOr<Submission> SubmitCall::Prepare() {
  const auto rules = RulesOf(backend(), host().name());
  if (!rules.ok()) return rules.status();
  auto submission =
      PrepareSubmission(header_, bundle().canonical(), SecretOwner::OfJob(job_), backend().secrets, *rules);
  if (submission.ok()) {
    submission->spec.submitter = DisplayName(admission().caller(), submission->spec.submitter);
    std::ranges::move(WarningsOfSecrets(submission->spec, host().name(), backend().fleet_secrets),
                      std::back_inserter(submission->warnings));
  }
  return submission;
}

void SubmitCall::OnPrepared(absl::StatusOr<Submission> submission) {
  wire::WipeSecrets(*header_.mutable_secrets());
  if (!submission.ok()) return End(wire::ToGrpc(submission.status()));
  // The bundle is durable before the job that names it.
  auto canonical = std::make_shared<const std::string>(bundle().Release());
  const bool taken = host().store_thread().Run(
      [self = Self(), canonical = std::move(canonical), submission = *std::move(submission)]() mutable {
        const absl::Status status = self->backend().bundles.Put(submission.spec.bundle, std::move(canonical));
        self->Post([self = self.get(), status, submission = std::move(submission)]() mutable {
          status.ok() ? self->AskMachine(std::move(submission)) : self->End(wire::ToGrpc(NotStored(status)));
        });
      });
  if (!taken) End(Busy());
}

void SubmitCall::AskMachine(Submission submission) {
  if (!ended()) {
    for (std::string& warning : submission.warnings) reply_.add_warnings(std::move(warning));
  }
  host().Submit(job_, std::move(submission.spec),
                [self = Self()](const absl::Status& status, const JobId& job, bool attached) {
                  self->OnAnswer(status, job, attached);
                });
}

void SubmitCall::OnAnswer(const absl::Status& status, const JobId& job, bool attached) {
  if (status.ok()) {
    spdlog::info("run submitted job={} attached={} bundle={}", job.value(), attached, header_.bundle().digest());
  }
  if (status.ok()) admission().SetObject(job.value());
  admission().Done(status, attached ? "attached" : "", attached ? Effect::kNone : Effect::kChange);
  if (ended()) return;
  reply_.set_job(job.value());
  reply_.set_attached(attached);
  End(wire::ToGrpc(status));
}

}  // namespace wsfleet::coordinator
