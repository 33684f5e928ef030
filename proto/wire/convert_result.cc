#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/enums.h"
#include "proto/wire/limits.h"

#define WSFLEET_RETURN_IF_ERROR(expression) \
  if (absl::Status checked = (expression); !checked.ok()) return checked

namespace wsfleet::wire {
namespace {

// Protobuf refuses a message whose strings are not UTF-8, and what targets send need not be.
std::string Utf8(std::string_view text) {
  if (IsValidUtf8(text)) return std::string(text);
  std::string clean;
  clean.reserve(text.size());
  for (const char c : text) clean += static_cast<unsigned char>(c) < 0x80 ? c : '?';
  return clean;
}

// Within the limit that FromWire checks: what comes from a target, or was named by an author, may be of any length.
std::string Fit(std::string_view text, std::size_t max_bytes) {
  // The mark of a cut takes three bytes.
  return Utf8(text.size() <= max_bytes ? std::string(text) : Excerpt(text, max_bytes - 3));
}
std::string Text(std::string_view text) { return Fit(text, kMaxTextBytes); }
std::string Name(std::string_view text) { return Fit(text, kMaxNameBytes); }

// An agent may say anything of its clock: nothing took less than no time, or was done before there were clocks.
absl::Duration Elapsed(const google::protobuf::Duration& proto) {
  return std::clamp(FromWire(proto), absl::ZeroDuration(), kMaxElapsed);
}
absl::Time WallTime(const google::protobuf::Timestamp& proto) {
  constexpr std::int64_t kEndOf9999 = 253'402'300'799;
  return std::clamp(FromWire(proto), absl::UnixEpoch(), absl::FromUnixSeconds(kEndOf9999));
}

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
  proto.set_peer_address(Name(proof.peer_address));
  proto.set_tls_version(Name(proof.tls_version));
  proto.set_tls_cipher(Name(proof.tls_cipher));
  proto.set_bytes_in(proof.bytes_in);
  proto.set_bytes_out(proof.bytes_out);
  proto.set_frames_in(proof.frames_in);
  proto.set_frames_out(proof.frames_out);
  *proto.mutable_timings() = TimingsToWire(proof.timings);
  for (const AddressAttempt& attempt : proof.attempts) {
    if (proto.attempts_size() == kMaxAttempts) break;
    v1::AddressAttempt* added = proto.add_attempts();
    added->set_address(Text(attempt.address));
    *added->mutable_duration() = ToWire(attempt.duration);
    added->set_error(Text(attempt.error));
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

v1::Evidence EvidenceToWire(const Evidence& evidence) {
  v1::Evidence proto;
  if (evidence.status) proto.set_status(*evidence.status);
  proto.set_status_reason(Text(evidence.status_reason));
  for (const HeaderField& header : evidence.headers) {
    if (proto.headers_size() == kMaxHeaders) break;
    v1::HeaderField* added = proto.add_headers();
    added->set_name(Text(header.name));
    added->set_value(Text(header.value));
  }
  proto.set_body_excerpt(Text(evidence.body_excerpt));
  if (evidence.close_code) proto.set_close_code(*evidence.close_code);
  proto.set_close_reason(Text(evidence.close_reason));
  for (const std::string& certificate : evidence.certificates) {
    if (proto.certificates_size() == kMaxCertificates) break;
    proto.add_certificates(Text(certificate));
  }
  for (const TranscriptEntry& entry : evidence.transcript) {
    if (proto.transcript_size() == kMaxTranscript) break;
    v1::TranscriptEntry* added = proto.add_transcript();
    *added->mutable_at() = ToWire(entry.at);
    added->set_inbound(entry.inbound);
    added->set_kind(Name(entry.kind));
    added->set_bytes(entry.bytes);
    added->set_excerpt(Text(entry.excerpt));
    added->set_connection(Name(entry.connection));
  }
  proto.set_trace_id(Name(evidence.trace_id));
  for (const LogExcerpt& log : evidence.logs) {
    if (proto.logs_size() == kMaxLogs) break;
    v1::LogExcerpt* added = proto.add_logs();
    added->set_source(Text(log.source));
    added->set_same_request(log.same_request);
    added->set_undated(log.undated);
    for (const std::string& line : log.lines) {
      if (added->lines_size() == static_cast<int>(LogExcerpt::kMaxLines)) break;
      added->add_lines(Text(line));
    }
    added->set_problem(Text(log.problem));
  }
  return proto;
}

absl::Status CheckEvidence(const v1::Evidence& proto) {
  WSFLEET_RETURN_IF_ERROR(CheckText("evidence.status_reason", proto.status_reason(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("evidence.body_excerpt", proto.body_excerpt(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("evidence.close_reason", proto.close_reason(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("evidence.trace_id", proto.trace_id(), kMaxNameBytes));
  WSFLEET_RETURN_IF_ERROR(CheckCount("evidence.headers", proto.headers_size(), kMaxHeaders));
  WSFLEET_RETURN_IF_ERROR(CheckCount("evidence.certificates", proto.certificates_size(), kMaxCertificates));
  WSFLEET_RETURN_IF_ERROR(CheckCount("evidence.transcript", proto.transcript_size(), kMaxTranscript));
  WSFLEET_RETURN_IF_ERROR(CheckCount("evidence.logs", proto.logs_size(), kMaxLogs));
  if (proto.status() > 999) {
    return absl::InvalidArgumentError(fmt::format("evidence.status: expected three digits, found {}", proto.status()));
  }
  if (proto.close_code() > std::numeric_limits<std::uint16_t>::max()) {
    return absl::InvalidArgumentError(
        fmt::format("evidence.close_code: expected 16 bits, found {}", proto.close_code()));
  }
  return absl::OkStatus();
}

absl::StatusOr<LogExcerpt> LogFromWire(const v1::LogExcerpt& proto) {
  WSFLEET_RETURN_IF_ERROR(CheckText("evidence.logs.source", proto.source(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("evidence.logs.problem", proto.problem(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckCount("evidence.logs.lines", proto.lines_size(), LogExcerpt::kMaxLines));
  LogExcerpt log;
  log.source = proto.source();
  log.same_request = proto.same_request();
  log.undated = proto.undated();
  for (const std::string& line : proto.lines()) {
    WSFLEET_RETURN_IF_ERROR(CheckText("evidence.logs.lines", line, kMaxTextBytes));
    log.lines.push_back(line);
  }
  log.problem = proto.problem();
  return log;
}

absl::StatusOr<Evidence> EvidenceFromWire(const v1::Evidence& proto) {
  WSFLEET_RETURN_IF_ERROR(CheckEvidence(proto));
  Evidence evidence;
  if (proto.has_status()) evidence.status = proto.status();
  evidence.status_reason = proto.status_reason();
  for (const v1::HeaderField& header : proto.headers()) {
    WSFLEET_RETURN_IF_ERROR(CheckText("evidence.headers.name", header.name(), kMaxTextBytes));
    WSFLEET_RETURN_IF_ERROR(CheckText("evidence.headers.value", header.value(), kMaxTextBytes));
    evidence.headers.push_back({header.name(), header.value()});
  }
  evidence.body_excerpt = proto.body_excerpt();
  if (proto.has_close_code()) evidence.close_code = static_cast<std::uint16_t>(proto.close_code());
  evidence.close_reason = proto.close_reason();
  for (const std::string& certificate : proto.certificates()) {
    WSFLEET_RETURN_IF_ERROR(CheckText("evidence.certificates", certificate, kMaxTextBytes));
    evidence.certificates.push_back(certificate);
  }
  for (const v1::TranscriptEntry& entry : proto.transcript()) {
    WSFLEET_RETURN_IF_ERROR(CheckText("evidence.transcript.kind", entry.kind(), kMaxNameBytes));
    WSFLEET_RETURN_IF_ERROR(CheckText("evidence.transcript.excerpt", entry.excerpt(), kMaxTextBytes));
    WSFLEET_RETURN_IF_ERROR(CheckText("evidence.transcript.connection", entry.connection(), kMaxNameBytes));
    evidence.transcript.push_back(
        {Elapsed(entry.at()), entry.inbound(), entry.kind(), entry.bytes(), entry.excerpt(), entry.connection()});
  }
  evidence.trace_id = proto.trace_id();
  for (const v1::LogExcerpt& log : proto.logs()) {
    auto read = LogFromWire(log);
    if (!read.ok()) return read.status();
    evidence.logs.push_back(*std::move(read));
  }
  return evidence;
}

v1::Failure FailureToWire(const Failure& failure) {
  v1::Failure proto;
  proto.set_phase(ToWire(failure.phase));
  proto.set_failure_class(ToWire(failure.failure_class));
  proto.set_message(Text(failure.message));
  proto.set_hint(Text(failure.hint));
  proto.mutable_range()->set_file(Text(failure.range.file));
  proto.mutable_range()->set_line(failure.range.line);
  proto.mutable_range()->set_column(failure.range.column);
  proto.mutable_range()->set_length(failure.range.length);
  proto.set_step(Text(failure.step));
  for (const Note& note : failure.notes) {
    if (proto.notes_size() == kMaxNotes) break;
    v1::Note* added = proto.add_notes();
    added->set_label(Name(note.label));
    added->set_text(Text(note.text));
  }
  *proto.mutable_evidence() = EvidenceToWire(failure.evidence);
  return proto;
}

absl::StatusOr<Failure> FailureFromWire(const v1::Failure& proto) {
  WSFLEET_RETURN_IF_ERROR(CheckText("failure.message", proto.message(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("failure.hint", proto.hint(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("failure.range.file", proto.range().file(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckText("failure.step", proto.step(), kMaxTextBytes));
  WSFLEET_RETURN_IF_ERROR(CheckCount("failure.notes", proto.notes_size(), kMaxNotes));
  auto phase = FromWire(proto.phase());
  if (!phase.ok()) return phase.status();
  auto failure_class = FromWire(proto.failure_class());
  if (!failure_class.ok()) return failure_class.status();
  auto evidence = EvidenceFromWire(proto.evidence());
  if (!evidence.ok()) return evidence.status();
  Failure failure;
  failure.phase = *phase;
  failure.failure_class = *failure_class;
  failure.message = proto.message();
  failure.hint = proto.hint();
  failure.range = {proto.range().file(), proto.range().line(), proto.range().column(), proto.range().length()};
  failure.step = proto.step();
  for (const v1::Note& note : proto.notes()) {
    WSFLEET_RETURN_IF_ERROR(CheckText("failure.notes.label", note.label(), kMaxNameBytes));
    WSFLEET_RETURN_IF_ERROR(CheckText("failure.notes.text", note.text(), kMaxTextBytes));
    failure.notes.push_back({note.label(), note.text()});
  }
  failure.evidence = *std::move(evidence);
  return failure;
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
  proto.set_suite(Text(result.suite));
  proto.set_scenario(Text(result.scenario));
  proto.set_outcome(ToWire(result.outcome));
  proto.set_skip_reason(ToWire(result.skip_reason));
  proto.set_skip_detail(Text(result.skip_detail));
  if (result.failure) *proto.mutable_failure() = FailureToWire(*result.failure);
  for (const Failure& failure : result.earlier_failures) {
    if (proto.earlier_failures_size() == kMaxEarlierFailures) break;
    *proto.add_earlier_failures() = FailureToWire(failure);
  }
  proto.set_flaky(result.flaky);
  proto.set_tries(result.tries);
  proto.set_sessions(result.sessions);
  proto.set_failed_sessions(result.failed_sessions);
  *proto.mutable_started() = ToWire(result.started);
  *proto.mutable_duration() = ToWire(result.duration);
  proto.set_assertions(result.assertions);
  proto.set_target(Text(result.target));
  proto.set_target_name(Name(result.target_name));
  proto.set_revision(Text(result.revision));
  *proto.mutable_proof() = ProofToWire(result.proof);
  for (const CredentialUse& use : result.credentials) {
    if (proto.credentials_size() == kMaxCredentials) break;
    proto.add_credentials()->set_name(Name(use.name));
    proto.mutable_credentials()->rbegin()->set_accepted(use.accepted);
    proto.mutable_credentials()->rbegin()->set_endpoint(Fit(use.endpoint, kMaxEndpointBytes));
  }
  for (const std::string& warning : result.warnings) {
    if (proto.warnings_size() == kMaxWarnings) break;
    proto.add_warnings(Text(warning));
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
    auto failure = FailureFromWire(proto.failure());
    if (!failure.ok()) return failure.status();
    result.failure = *std::move(failure);
  }
  const bool needs_failure = *outcome == Outcome::kFailed || *outcome == Outcome::kInconclusive;
  if (needs_failure && !result.failure) {
    return absl::InvalidArgumentError(fmt::format("failure: a result that is {} must have one", OutcomeName(*outcome)));
  }
  for (const v1::Failure& earlier : proto.earlier_failures()) {
    auto failure = FailureFromWire(earlier);
    if (!failure.ok()) return failure.status();
    result.earlier_failures.push_back(*std::move(failure));
  }
  result.flaky = proto.flaky();
  result.tries = std::clamp(proto.tries(), 1U, kMaxTries);
  result.sessions = std::min(proto.sessions(), kMaxSessions);
  result.failed_sessions = std::min(proto.failed_sessions(), result.sessions);
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
