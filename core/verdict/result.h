#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/json/value.hpp"
#include "core/base/ids.h"
#include "core/base/source.h"
#include "core/match/selector.h"
#include "core/verdict/log_excerpt.h"
#include "core/verdict/taxonomy.h"

namespace wsfleet {

// Stamps of one connection; a phase that was not reached is absent.
struct PhaseTimings {
  std::optional<absl::Duration> resolve;
  std::optional<absl::Duration> connect;  // TCP
  std::optional<absl::Duration> tls;
  std::optional<absl::Duration> upgrade;     // request written until 101 parsed
  std::optional<absl::Duration> first_byte;  // request written until the first byte of the answer
  std::optional<absl::Duration> total;       // start of resolving until 101, or until it failed
};

// One TCP attempt to one resolved address.
struct AddressAttempt {
  std::string address;  // "203.0.113.7:443"; of a proxy "proxy 203.0.113.7:3128"
  absl::Duration duration;
  std::string error;  // empty: connected
};

// What shows that a case really spoke with its target (S11).
// Of several sessions, those that are told apart are of the one whose failure is shown.
struct ProofOfExecution {
  std::uint32_t connections = 0;  // TCP connections that were established; counts are of all sessions
  std::string peer_address;       // of the last one; as in AddressAttempt
  std::string tls_version;        // "TLSv1.3", empty where none was agreed
  std::string tls_cipher;
  std::uint64_t bytes_in = 0, bytes_out = 0;    // on the socket, TLS and HTTP included
  std::uint64_t frames_in = 0, frames_out = 0;  // WebSocket frames, control frames included
  PhaseTimings timings;                         // of the last WebSocket connection, or of the last HTTP request
  std::vector<AddressAttempt> attempts;         // of the same; at most 16
};

struct TranscriptEntry {
  absl::Duration at;  // since the case's start
  bool inbound = false;
  std::string kind;  // "text", "binary", "ping", "pong", "close", "http"
  std::uint64_t bytes = 0;
  std::string excerpt;          // redacted, at most 512 bytes
  std::string connection = {};  // by its name in the suite; empty: an http request, or of a version that did not say
};

struct Evidence {
  std::optional<std::uint32_t> status;
  std::string status_reason;
  std::vector<HeaderField> headers;  // allow-listed
  std::string body_excerpt;          // redacted, at most 2 KiB
  std::optional<std::uint16_t> close_code;
  std::string close_reason;
  std::vector<std::string> certificates;    // "CN=… issuer=… until=…", leaf first
  std::vector<TranscriptEntry> transcript;  // at most 64, oldest dropped
  std::string trace_id;
  std::vector<LogExcerpt> logs;  // at most 8
};

// A line under a failure: `= nearest:  frame 7 …`.
struct Note {
  std::string label;
  std::string text;
};

struct Failure {
  Phase phase = Phase::kNone;
  FailureClass failure_class = FailureClass::kNone;
  std::string message;  // what was observed, as fact
  std::string hint;     // what is inferred, may be empty
  SourceRange range;    // the author's line
  std::string step;     // id, message name or action of the step
  std::vector<Note> notes;
  Evidence evidence;
  // Of class config: what came goes beyond a limit of the language or of the agent, and no setting was wrong.
  bool beyond_limit = false;
};

// A credential that a case has connected with, whether it was let in, and where.
struct CredentialUse {
  std::string name;
  bool accepted = false;
  std::string endpoint = {};  // origin and path, redacted; empty: from a version that did not say

  friend bool operator==(const CredentialUse&, const CredentialUse&) = default;
};

// Of the tries of a case before the one that is shown.
struct EarlierSessions {
  std::uint32_t all = 0, failed = 0;
};

// What became of one case on one agent. The atom of a check: (shard, case).
struct CaseResult {
  CaseId case_id;
  std::string suite;
  std::string scenario;  // with its cell: "handshake [credential=user]"
  Outcome outcome = Outcome::kInconclusive;
  SkipReason skip_reason = SkipReason::kNone;
  std::string skip_detail;  // "STAGING_WEBSOCKET_URL is not set"
  // Of the last try that says something of the target; else of the last one. Set for failed and inconclusive.
  std::optional<Failure> failure;
  // What the tries before that one have found, in their order; the first with its evidence, of the others what they are
  // looked for by: trace id, status and close. At most 5.
  std::vector<Failure> earlier_failures;
  bool flaky = false;  // passed after a failed try
  std::uint32_t tries = 1;
  std::uint32_t sessions = 1;                       // `concurrent`
  std::uint32_t failed_sessions = 0;                // of these
  std::optional<EarlierSessions> earlier_sessions;  // absent: one try, or of a version that did not say
  absl::Time started;                               // the agent's wall clock
  absl::Duration duration;
  std::uint32_t assertions = 0;  // judged by steps that assert
  std::string target;            // URL that was taken, without credentials
  std::string target_name;
  std::string revision;  // read before; empty if the suite reads none
  ProofOfExecution proof;
  std::vector<CredentialUse> credentials;  // of all tries; at most 16, each name once at an endpoint
  std::vector<std::string> warnings;
};

// JSON of the run bundle and of the store's rows. FromJson accepts what ToJson wrote, of this and earlier versions;
// unknown members are ignored, a member of the wrong type is an error that names its path.
boost::json::value ToJson(const CaseResult& result);
absl::StatusOr<CaseResult> CaseResultFromJson(const boost::json::value& json);

}  // namespace wsfleet
