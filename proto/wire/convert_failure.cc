#include "proto/wire/convert_failure.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/enums.h"
#include "proto/wire/limits.h"

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

v1::Evidence EvidenceToWire(const Evidence& evidence) {
  v1::Evidence proto;
  if (evidence.status) proto.set_status(*evidence.status);
  proto.set_status_reason(FitText(evidence.status_reason));
  for (const HeaderField& header : evidence.headers) {
    if (proto.headers_size() == kMaxHeaders) break;
    v1::HeaderField* added = proto.add_headers();
    added->set_name(FitText(header.name));
    added->set_value(FitText(header.value));
  }
  proto.set_body_excerpt(FitText(evidence.body_excerpt));
  if (evidence.close_code) proto.set_close_code(*evidence.close_code);
  proto.set_close_reason(FitText(evidence.close_reason));
  for (const std::string& certificate : evidence.certificates) {
    if (proto.certificates_size() == kMaxCertificates) break;
    proto.add_certificates(FitText(certificate));
  }
  for (const TranscriptEntry& entry : evidence.transcript) {
    if (proto.transcript_size() == kMaxTranscript) break;
    v1::TranscriptEntry* added = proto.add_transcript();
    *added->mutable_at() = ToWire(entry.at);
    added->set_inbound(entry.inbound);
    added->set_kind(FitName(entry.kind));
    added->set_bytes(entry.bytes);
    added->set_excerpt(FitText(entry.excerpt));
    added->set_connection(FitName(entry.connection));
  }
  proto.set_trace_id(FitName(evidence.trace_id));
  for (const LogExcerpt& log : evidence.logs) {
    if (proto.logs_size() == kMaxLogs) break;
    v1::LogExcerpt* added = proto.add_logs();
    added->set_source(FitText(log.source));
    added->set_same_request(log.same_request);
    added->set_undated(log.undated);
    for (const std::string& line : log.lines) {
      if (added->lines_size() == static_cast<int>(LogExcerpt::kMaxLines)) break;
      added->add_lines(FitText(line));
    }
    added->set_problem(FitText(log.problem));
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

}  // namespace

std::string Fit(std::string_view text, std::size_t max_bytes) {
  // The mark of a cut takes three bytes.
  return Utf8(text.size() <= max_bytes ? std::string(text) : Excerpt(text, max_bytes - 3));
}
std::string FitText(std::string_view text) { return Fit(text, kMaxTextBytes); }
std::string FitName(std::string_view text) { return Fit(text, kMaxNameBytes); }

absl::Duration Elapsed(const google::protobuf::Duration& proto) {
  return std::clamp(FromWire(proto), absl::ZeroDuration(), kMaxElapsed);
}
absl::Time WallTime(const google::protobuf::Timestamp& proto) {
  constexpr std::int64_t kEndOf9999 = 253'402'300'799;
  return std::clamp(FromWire(proto), absl::UnixEpoch(), absl::FromUnixSeconds(kEndOf9999));
}

v1::Failure ToWire(const Failure& failure) {
  v1::Failure proto;
  proto.set_phase(ToWire(failure.phase));
  proto.set_failure_class(ToWire(failure.failure_class));
  proto.set_message(FitText(failure.message));
  proto.set_hint(FitText(failure.hint));
  proto.mutable_range()->set_file(FitText(failure.range.file));
  proto.mutable_range()->set_line(failure.range.line);
  proto.mutable_range()->set_column(failure.range.column);
  proto.mutable_range()->set_length(failure.range.length);
  proto.set_step(FitText(failure.step));
  for (const Note& note : failure.notes) {
    if (proto.notes_size() == kMaxNotes) break;
    v1::Note* added = proto.add_notes();
    added->set_label(FitName(note.label));
    added->set_text(FitText(note.text));
  }
  *proto.mutable_evidence() = EvidenceToWire(failure.evidence);
  proto.set_beyond_limit(failure.beyond_limit);
  return proto;
}

absl::StatusOr<Failure> FromWire(const v1::Failure& proto) {
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
  failure.beyond_limit = proto.beyond_limit();
  return failure;
}

}  // namespace wsfleet::wire
