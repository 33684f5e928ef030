#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/convert_failure.h"
#include "proto/wire/enums.h"
#include "proto/wire/limits.h"

namespace wsfleet::wire {
namespace {

void Put(const std::optional<absl::Duration>& from, google::protobuf::Duration* (v1::PhaseTimings::*mutable_field)(),
         v1::PhaseTimings& to) {
  if (from) *(to.*mutable_field)() = ToWire(*from);
}

v1::PhaseTimings TimingsToWire(const PhaseTimings& timings) {
  v1::PhaseTimings proto;
  Put(timings.resolve, &v1::PhaseTimings::mutable_resolve, proto);
  Put(timings.connect, &v1::PhaseTimings::mutable_connect, proto);
  Put(timings.tls, &v1::PhaseTimings::mutable_tls, proto);
  Put(timings.upgrade, &v1::PhaseTimings::mutable_upgrade, proto);
  Put(timings.first_byte, &v1::PhaseTimings::mutable_first_byte, proto);
  Put(timings.total, &v1::PhaseTimings::mutable_total, proto);
  return proto;
}

PhaseTimings TimingsFromWire(const v1::PhaseTimings& proto) {
  PhaseTimings timings;
  if (proto.has_resolve()) timings.resolve = Elapsed(proto.resolve());
  if (proto.has_connect()) timings.connect = Elapsed(proto.connect());
  if (proto.has_tls()) timings.tls = Elapsed(proto.tls());
  if (proto.has_upgrade()) timings.upgrade = Elapsed(proto.upgrade());
  if (proto.has_first_byte()) timings.first_byte = Elapsed(proto.first_byte());
  if (proto.has_total()) timings.total = Elapsed(proto.total());
  return timings;
}

v1::ProofOfExecution ProofToWire(const ProofOfExecution& proof) {
  v1::ProofOfExecution proto;
  proto.set_connections(proof.connections);
  proto.set_peer_address(FitName(proof.peer_address));
  proto.set_tls_version(FitName(proof.tls_version));
  proto.set_tls_cipher(FitName(proof.tls_cipher));
  proto.set_bytes_in(proof.bytes_in);
  proto.set_bytes_out(proof.bytes_out);
  proto.set_frames_in(proof.frames_in);
  proto.set_frames_out(proof.frames_out);
  *proto.mutable_timings() = TimingsToWire(proof.timings);
  for (const AddressAttempt& attempt : proof.attempts) {
    if (proto.attempts_size() == kMaxAttempts) break;
    v1::AddressAttempt* added = proto.add_attempts();
    added->set_address(FitText(attempt.address));
    *added->mutable_duration() = ToWire(attempt.duration);
    added->set_error(FitText(attempt.error));
  }
  return proto;
}

absl::StatusOr<ProofOfExecution> ProofFromWire(const v1::ProofOfExecution& proto) {
  WSFLEET_RETURN_IF_ERROR(CheckText("proof.peer_address", proto.peer_address(), kMaxNameBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("proof.tls_version", proto.tls_version(), kMaxNameBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("proof.tls_cipher", proto.tls_cipher(), kMaxNameBytes));
  WSFLEET_RETURN_IF_ERROR(CheckCount("proof.attempts", proto.attempts_size(), kMaxAttempts));
  ProofOfExecution proof;
  proof.connections = proto.connections();
  proof.peer_address = proto.peer_address();
  proof.tls_version = proto.tls_version();
  proof.tls_cipher = proto.tls_cipher();
  proof.bytes_in = proto.bytes_in();
  proof.bytes_out = proto.bytes_out();
  proof.frames_in = proto.frames_in();
  proof.frames_out = proto.frames_out();
  proof.timings = TimingsFromWire(proto.timings());
  for (const v1::AddressAttempt& attempt : proto.attempts()) {
    WSFLEET_RETURN_IF_ERROR(CheckText("proof.attempts.error", attempt.error(), kMaxTextBytes));
    WSFLEET_RETURN_IF_ERROR(CheckText("proof.attempts.address", attempt.address(), kMaxTextBytes));
    proof.attempts.push_back({attempt.address(), Elapsed(attempt.duration()), attempt.error()});
  }
  return proof;
}

absl::Status CheckCaseTexts(const v1::CaseResult& proto) {
  if (proto.case_id().empty()) return absl::InvalidArgumentError("case_id: expected the id of a case, found nothing");
  WSFLEET_RETURN_IF_ERROR(CheckText("case_id", proto.case_id(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("suite", proto.suite(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("scenario", proto.scenario(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("skip_detail", proto.skip_detail(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("target", proto.target(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("target_name", proto.target_name(), kMaxNameBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("revision", proto.revision(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckCount("earlier_failures", proto.earlier_failures_size(), kMaxEarlierFailures));
  WSFLEET_RETURN_IF_ERROR(CheckCount("credentials", proto.credentials_size(), kMaxCredentials));
  return CheckCount("warnings", proto.warnings_size(), kMaxWarnings);
}

// Until it is not larger any more, what says least first: of frames, the newest are nearest to the failure.
template <typename IsLarger>
void FitEvidence(v1::Failure& failure, IsLarger is_larger) {
  v1::Evidence& evidence = *failure.mutable_evidence();
  auto& transcript = *evidence.mutable_transcript();
  while (!transcript.empty() && is_larger()) transcript.DeleteSubrange(0, 1);
  if (is_larger()) evidence.clear_logs();
  auto& headers = *evidence.mutable_headers();
  while (!headers.empty() && is_larger()) headers.RemoveLast();
  if (is_larger()) evidence.clear_certificates();
  if (is_larger()) failure.clear_notes();
}

}  // namespace

v1::CaseResult ToWire(const CaseResult& result) {
  v1::CaseResult proto;
  proto.set_case_id(result.case_id.value());
  proto.set_suite(FitText(result.suite));
  proto.set_scenario(FitText(result.scenario));
  proto.set_outcome(ToWire(result.outcome));
  proto.set_skip_reason(ToWire(result.skip_reason));
  proto.set_skip_detail(FitText(result.skip_detail));
  if (result.failure) *proto.mutable_failure() = ToWire(*result.failure);
  for (const Failure& failure : result.earlier_failures) {
    if (proto.earlier_failures_size() == kMaxEarlierFailures) break;
    *proto.add_earlier_failures() = ToWire(failure);
  }
  proto.set_flaky(result.flaky);
  proto.set_tries(result.tries);
  proto.set_sessions(result.sessions);
  proto.set_failed_sessions(result.failed_sessions);
  if (result.earlier_sessions) {
    proto.mutable_earlier_sessions()->set_all(result.earlier_sessions->all);
    proto.mutable_earlier_sessions()->set_failed(result.earlier_sessions->failed);
  }
  *proto.mutable_started() = ToWire(result.started);
  *proto.mutable_duration() = ToWire(result.duration);
  proto.set_assertions(result.assertions);
  proto.set_target(FitText(result.target));
  proto.set_target_name(FitName(result.target_name));
  proto.set_revision(FitText(result.revision));
  *proto.mutable_proof() = ProofToWire(result.proof);
  for (const CredentialUse& use : result.credentials) {
    if (proto.credentials_size() == kMaxCredentials) break;
    proto.add_credentials()->set_name(FitName(use.name));
    proto.mutable_credentials()->rbegin()->set_accepted(use.accepted);
    proto.mutable_credentials()->rbegin()->set_endpoint(Fit(use.endpoint, kMaxEndpointBytes));
  }
  for (const std::string& warning : result.warnings) {
    if (proto.warnings_size() == kMaxWarnings) break;
    proto.add_warnings(FitText(warning));
  }
  return proto;
}

absl::StatusOr<CaseResult> FromWire(const v1::CaseResult& proto) {
  WSFLEET_RETURN_IF_ERROR(CheckCaseTexts(proto));
  auto outcome = FromWire(proto.outcome());
  if (!outcome.ok()) return outcome.status();
  auto skip_reason = FromWire(proto.skip_reason());
  if (!skip_reason.ok()) return skip_reason.status();
  auto proof = ProofFromWire(proto.proof());
  if (!proof.ok()) return proof.status();
  CaseResult result;
  result.case_id = CaseId(proto.case_id());
  result.suite = proto.suite();
  result.scenario = proto.scenario();
  result.outcome = *outcome;
  result.skip_reason = *skip_reason;
  result.skip_detail = proto.skip_detail();
  if (proto.has_failure()) {
    auto failure = FromWire(proto.failure());
    if (!failure.ok()) return failure.status();
    result.failure = *std::move(failure);
  }
  const bool needs_failure = *outcome == Outcome::kFailed || *outcome == Outcome::kInconclusive;
  if (needs_failure && !result.failure) {
    return absl::InvalidArgumentError(fmt::format("failure: a result that is {} must have one", OutcomeName(*outcome)));
  }
  for (const v1::Failure& earlier : proto.earlier_failures()) {
    auto failure = FromWire(earlier);
    if (!failure.ok()) return failure.status();
    result.earlier_failures.push_back(*std::move(failure));
  }
  result.flaky = proto.flaky();
  result.tries = std::clamp(proto.tries(), 1U, kMaxTries);
  result.sessions = std::min(proto.sessions(), kMaxSessions);
  result.failed_sessions = std::min(proto.failed_sessions(), result.sessions);
  if (proto.has_earlier_sessions()) {
    const std::uint32_t all = std::min(proto.earlier_sessions().all(), kMaxSessions);
    result.earlier_sessions = EarlierSessions{all, std::min(proto.earlier_sessions().failed(), all)};
  }
  result.started = WallTime(proto.started());
  result.duration = Elapsed(proto.duration());
  result.assertions = proto.assertions();
  result.target = proto.target();
  result.target_name = proto.target_name();
  result.revision = proto.revision();
  result.proof = *std::move(proof);
  for (const v1::CredentialUse& use : proto.credentials()) {
    WSFLEET_RETURN_IF_ERROR(CheckText("credentials.name", use.name(), kMaxNameBytes));
    WSFLEET_RETURN_IF_ERROR(CheckText("credentials.endpoint", use.endpoint(), kMaxEndpointBytes));
    result.credentials.push_back({use.name(), use.accepted(), use.endpoint()});
  }
  for (const std::string& warning : proto.warnings()) {
    WSFLEET_RETURN_IF_ERROR(CheckText("warnings", warning, kMaxTextBytes));
    result.warnings.push_back(warning);
  }
  return result;
}

void FitResult(v1::CaseResult& result, std::size_t max_bytes) {
  const auto is_larger = [&] { return result.ByteSizeLong() > max_bytes; };
  auto& earlier = *result.mutable_earlier_failures();
  for (v1::Failure& failure : earlier) FitEvidence(failure, is_larger);
  if (is_larger() && result.has_failure()) FitEvidence(*result.mutable_failure(), is_larger);
  if (is_larger()) result.mutable_proof()->clear_attempts();
  if (is_larger()) result.clear_warnings();
  while (!earlier.empty() && is_larger()) earlier.RemoveLast();
}

}  // namespace wsfleet::wire
