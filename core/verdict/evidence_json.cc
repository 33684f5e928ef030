#include "core/verdict/evidence_json.h"

#include <utility>

#include "core/value/json_reader.h"

namespace wsfleet {
namespace {

namespace json = boost::json;

json::object EvidenceToJson(const Evidence& evidence) {
  json::object out;
  if (evidence.status) out["status"] = *evidence.status;
  out["status_reason"] = evidence.status_reason;
  json::array headers;
  for (const HeaderField& header : evidence.headers)
    headers.push_back({{"name", header.name}, {"value", header.value}});
  out["headers"] = std::move(headers);
  out["body_excerpt"] = evidence.body_excerpt;
  if (evidence.close_code) out["close_code"] = *evidence.close_code;
  out["close_reason"] = evidence.close_reason;
  out["certificates"] = json::array(evidence.certificates.begin(), evidence.certificates.end());
  json::array transcript;
  for (const TranscriptEntry& entry : evidence.transcript) {
    transcript.push_back({{"at_ns", absl::ToInt64Nanoseconds(entry.at)},
                          {"inbound", entry.inbound},
                          {"kind", entry.kind},
                          {"bytes", entry.bytes},
                          {"excerpt", entry.excerpt},
                          {"connection", entry.connection}});
  }
  out["transcript"] = std::move(transcript);
  out["trace_id"] = evidence.trace_id;
  json::array logs;
  for (const LogExcerpt& log : evidence.logs) {
    logs.push_back({{"source", log.source},
                    {"same_request", log.same_request},
                    {"undated", log.undated},
                    {"lines", json::array(log.lines.begin(), log.lines.end())},
                    {"problem", log.problem}});
  }
  out["logs"] = std::move(logs);
  return out;
}

absl::Status ReadHeader(const json::value& value, std::string path, Evidence& evidence) {
  JsonReader reader(value, std::move(path));
  HeaderField& header = evidence.headers.emplace_back();
  reader.Read("name", header.name);
  reader.Read("value", header.value);
  return reader.status();
}

absl::Status ReadTranscriptEntry(const json::value& value, std::string path, Evidence& evidence) {
  JsonReader reader(value, std::move(path));
  TranscriptEntry& entry = evidence.transcript.emplace_back();
  reader.Read("at_ns", entry.at);
  reader.Read("inbound", entry.inbound);
  reader.Read("kind", entry.kind);
  reader.Read("bytes", entry.bytes);
  reader.Read("excerpt", entry.excerpt);
  reader.Read("connection", entry.connection);
  return reader.status();
}

absl::Status ReadText(const json::value& value, const std::string& where, std::vector<std::string>& into) {
  if (!value.is_string()) return absl::InvalidArgumentError(where + ": expected a string");
  into.emplace_back(value.get_string());
  return absl::OkStatus();
}

absl::Status ReadLog(const json::value& value, std::string path, Evidence& evidence) {
  JsonReader reader(value, std::move(path));
  LogExcerpt& log = evidence.logs.emplace_back();
  reader.Read("source", log.source);
  reader.Read("same_request", log.same_request);
  reader.Read("undated", log.undated);
  reader.ReadEach("lines",
                  [&](const json::value& line, const std::string& where) { return ReadText(line, where, log.lines); });
  reader.Read("problem", log.problem);
  return reader.status();
}

absl::Status ReadEvidence(const json::value& value, std::string path, Evidence& evidence) {
  JsonReader reader(value, std::move(path));
  reader.Read("status", evidence.status);
  reader.Read("status_reason", evidence.status_reason);
  reader.ReadEach("headers", [&](const json::value& header, std::string where) {
    return ReadHeader(header, std::move(where), evidence);
  });
  reader.Read("body_excerpt", evidence.body_excerpt);
  reader.Read("close_code", evidence.close_code);
  reader.Read("close_reason", evidence.close_reason);
  reader.ReadEach("certificates", [&](const json::value& certificate, const std::string& where) {
    return ReadText(certificate, where, evidence.certificates);
  });
  reader.ReadEach("transcript", [&](const json::value& entry, std::string where) {
    return ReadTranscriptEntry(entry, std::move(where), evidence);
  });
  reader.Read("trace_id", evidence.trace_id);
  reader.ReadEach("logs",
                  [&](const json::value& log, std::string where) { return ReadLog(log, std::move(where), evidence); });
  return reader.status();
}

void PutTime(json::object& out, std::string_view name, const std::optional<absl::Duration>& duration) {
  if (duration) out[name] = absl::ToInt64Nanoseconds(*duration);
}

absl::Status ReadRange(const json::value& value, std::string path, SourceRange& range) {
  JsonReader reader(value, std::move(path));
  reader.Read("file", range.file);
  reader.Read("line", range.line);
  reader.Read("column", range.column);
  reader.Read("length", range.length);
  return reader.status();
}

absl::Status ReadNote(const json::value& value, std::string path, Failure& failure) {
  JsonReader reader(value, std::move(path));
  Note& note = failure.notes.emplace_back();
  reader.Read("label", note.label);
  reader.Read("text", note.text);
  return reader.status();
}

}  // namespace

json::object FailureToJson(const Failure& failure) {
  json::object out;
  out["phase"] = PhaseName(failure.phase);
  out["class"] = FailureClassName(failure.failure_class);
  out["message"] = failure.message;
  out["hint"] = failure.hint;
  out["range"] = {{"file", failure.range.file},
                  {"line", failure.range.line},
                  {"column", failure.range.column},
                  {"length", failure.range.length}};
  out["step"] = failure.step;
  json::array notes;
  for (const Note& note : failure.notes) notes.push_back({{"label", note.label}, {"text", note.text}});
  out["notes"] = std::move(notes);
  out["evidence"] = EvidenceToJson(failure.evidence);
  if (failure.beyond_limit) out["beyond_limit"] = true;
  return out;
}

absl::Status ReadFailure(const json::value& value, std::string path, Failure& failure) {
  JsonReader reader(value, std::move(path));
  reader.ReadWord("phase", ParsePhase, failure.phase);
  reader.ReadWord("class", ParseFailureClass, failure.failure_class);
  reader.Read("message", failure.message);
  reader.Read("hint", failure.hint);
  if (const auto* range = reader.Find("range")) reader.Keep(ReadRange(*range, reader.path() + ".range", failure.range));
  reader.Read("step", failure.step);
  reader.Read("beyond_limit", failure.beyond_limit);
  reader.ReadEach(
      "notes", [&](const json::value& note, std::string where) { return ReadNote(note, std::move(where), failure); });
  if (const auto* evidence = reader.Find("evidence")) {
    reader.Keep(ReadEvidence(*evidence, reader.path() + ".evidence", failure.evidence));
  }
  return reader.status();
}

json::object ProofToJson(const ProofOfExecution& proof) {
  json::object out;
  out["connections"] = proof.connections;
  out["peer_address"] = proof.peer_address;
  out["tls_version"] = proof.tls_version;
  out["tls_cipher"] = proof.tls_cipher;
  out["bytes_in"] = proof.bytes_in;
  out["bytes_out"] = proof.bytes_out;
  out["frames_in"] = proof.frames_in;
  out["frames_out"] = proof.frames_out;
  json::object timings;
  PutTime(timings, "resolve_ns", proof.timings.resolve);
  PutTime(timings, "connect_ns", proof.timings.connect);
  PutTime(timings, "tls_ns", proof.timings.tls);
  PutTime(timings, "upgrade_ns", proof.timings.upgrade);
  PutTime(timings, "first_byte_ns", proof.timings.first_byte);
  PutTime(timings, "total_ns", proof.timings.total);
  out["timings"] = std::move(timings);
  json::array attempts;
  for (const AddressAttempt& attempt : proof.attempts) {
    attempts.push_back({{"address", attempt.address},
                        {"duration_ns", absl::ToInt64Nanoseconds(attempt.duration)},
                        {"error", attempt.error}});
  }
  out["attempts"] = std::move(attempts);
  return out;
}

absl::Status ReadProof(const json::value& value, std::string path, ProofOfExecution& proof) {
  JsonReader reader(value, std::move(path));
  reader.Read("connections", proof.connections);
  reader.Read("peer_address", proof.peer_address);
  reader.Read("tls_version", proof.tls_version);
  reader.Read("tls_cipher", proof.tls_cipher);
  reader.Read("bytes_in", proof.bytes_in);
  reader.Read("bytes_out", proof.bytes_out);
  reader.Read("frames_in", proof.frames_in);
  reader.Read("frames_out", proof.frames_out);
  if (const auto* timings = reader.Find("timings")) {
    JsonReader times(*timings, reader.path() + ".timings");
    times.Read("resolve_ns", proof.timings.resolve);
    times.Read("connect_ns", proof.timings.connect);
    times.Read("tls_ns", proof.timings.tls);
    times.Read("upgrade_ns", proof.timings.upgrade);
    times.Read("first_byte_ns", proof.timings.first_byte);
    times.Read("total_ns", proof.timings.total);
    reader.Keep(times.status());
  }
  reader.ReadEach("attempts", [&](const json::value& element, std::string where) {
    JsonReader inner(element, std::move(where));
    AddressAttempt& attempt = proof.attempts.emplace_back();
    inner.Read("address", attempt.address);
    inner.Read("duration_ns", attempt.duration);
    inner.Read("error", attempt.error);
    return inner.status();
  });
  return reader.status();
}

}  // namespace wsfleet
