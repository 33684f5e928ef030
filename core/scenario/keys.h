#pragma once

#include <array>
#include <string_view>

// The keys of the language, one table for each kind of mapping. docs/reference/scenario-v1.schema.json says the same to
// editors; a test compares the two.
namespace wsfleet::keys {

template <std::size_t N>
using Table = std::array<std::string_view, N>;

inline constexpr Table<19> kSuite{
    "version", "name",      "files",     "target",  "targets",         "tags",     "vars",     "auth",
    "data",    "requires",  "defaults",  "regions", "stop_on_failure", "deadline", "revision", "evidence",
    "load",    "scenarios", "thresholds"};
inline constexpr Table<6> kTarget{"url", "requires", "vars", "headers", "tls", "proxy"};
inline constexpr Table<4> kRequirement{"env", "secret", "http", "agent"};
inline constexpr Table<7> kDefaults{"within", "deadline", "phases", "retries", "priority", "unexpected", "inbox"};
inline constexpr Table<5> kPhases{"resolve", "connect", "tls", "upgrade", "close"};
inline constexpr Table<2> kInbox{"max_frames", "max_bytes"};
inline constexpr Table<2> kRegions{"include", "require"};
inline constexpr Table<2> kRevision{"http", "from"};
inline constexpr Table<4> kEvidence{"trace", "headers", "redact", "logs"};
inline constexpr Table<4> kLogs{"http", "file", "loki", "query"};
inline constexpr Table<2> kData{"file", "use"};
inline constexpr Table<11> kScenario{"name",       "tags",    "priority", "requires", "skip", "matrix",
                                     "concurrent", "retries", "deadline", "weight",   "steps"};

inline constexpr Table<10> kCredential{"jwt",    "token",  "from", "ttl",   "nbf",
                                       "claims", "tamper", "in",   "param", "format"};
inline constexpr Table<6> kJwt{"alg", "key", "kid", "ttl", "nbf", "claims"};
inline constexpr Table<7> kTls{"ca", "cert", "key", "server_name", "min_version", "max_version", "insecure"};
inline constexpr Table<4> kCompress{"server_max_window_bits", "client_max_window_bits", "server_no_context_takeover",
                                    "client_no_context_takeover"};

inline constexpr Table<16> kStep{"id",     "via",        "http",       "connect",     "reconnect",    "send",
                                 "expect", "expect_seq", "expect_all", "expect_none", "expect_close", "ping",
                                 "close",  "drop",       "wait",       "repeat"};
inline constexpr Table<13> kHttp{"get",  "post", "put",    "patch",    "delete", "headers", "auth",
                                 "json", "text", "within", "max_time", "expect", "capture"};
inline constexpr Table<4> kHttpExpect{"status", "header", "json", "text"};
inline constexpr Table<14> kConnect{"as",  "path",  "auth",   "headers",  "query",  "subprotocols", "compress",
                                    "tls", "proxy", "within", "max_time", "expect", "refused",      "sequence"};
inline constexpr Table<4> kConnectExpect{"header", "subprotocol", "compress", "tls"};
inline constexpr Table<4> kTlsExpect{"version", "cipher", "issuer", "days_left"};
inline constexpr Table<7> kRefusal{"status", "header", "json", "text", "close", "reason", "class"};
inline constexpr Table<8> kRefused{"status", "header", "json", "text", "close", "reason", "class", "any"};
inline constexpr Table<5> kSequence{"path", "match", "start", "duplicates", "as"};
inline constexpr Table<5> kReconnect{"attempts", "backoff", "within", "headers", "query"};
inline constexpr Table<8> kSend{"json", "text", "hex", "base64", "file", "opcode", "fragments", "capture"};
inline constexpr Table<6> kMessage{"match", "assert", "capture", "within", "max_time", "name"};
inline constexpr Table<7> kExpect{"match", "assert", "capture", "within", "max_time", "name", "since"};
inline constexpr Table<5> kExpectSeq{"messages", "strict", "unique", "within", "since"};
inline constexpr Table<4> kExpectAll{"messages", "unique", "within", "since"};
inline constexpr Table<3> kExpectNone{"match", "for", "since"};
inline constexpr Table<4> kExpectClose{"code", "reason", "within", "since"};
inline constexpr Table<2> kPing{"within", "max_time"};
inline constexpr Table<2> kClose{"code", "reason"};
inline constexpr Table<0> kDrop{};
inline constexpr Table<4> kRepeat{"times", "for", "every", "steps"};
inline constexpr Table<14> kPredicate{"eq",       "not", "lt",   "lte",    "gt",     "gte",   "regex",
                                      "contains", "in",  "type", "length", "exists", "every", "schema"};

inline constexpr Table<9> kLoad{"model", "per", "region_weights", "max_sessions", "stages",
                                "from",  "to",  "hold",           "precision"};
inline constexpr Table<4> kStage{"for", "rate", "sessions", "ramp"};
inline constexpr Table<3> kThreshold{"expr", "abort_after", "verdict"};

}  // namespace wsfleet::keys
