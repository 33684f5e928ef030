#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/base/source.h"
#include "core/match/selector.h"
#include "core/value/template.h"

namespace wsfleet {

struct TlsSpec {
  std::optional<Template> ca;           // PEM text (that of the file that was named) or ${secret.X}
  std::optional<Template> certificate;  // client certificate chain, PEM
  std::optional<Template> key;          // ${secret.X}
  std::optional<Template> server_name;
  std::optional<std::string> min_version;  // "tls1.2"
  std::optional<std::string> max_version;
  bool insecure = false;
};

// Parameters of permessage-deflate (RFC 7692).
struct DeflateSpec {
  std::optional<std::uint8_t> server_max_window_bits;
  std::optional<std::uint8_t> client_max_window_bits;
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
};

// Which of them must have been agreed; nothing: whatever it is.
struct DeflateTests {
  std::optional<std::uint8_t> server_max_window_bits;
  std::optional<std::uint8_t> client_max_window_bits;
  std::optional<bool> server_no_context_takeover;
  std::optional<bool> client_no_context_takeover;
};

// A number that rises by one from frame to frame, also across reconnects.
struct SequenceSpec {
  JsonPath path;
  std::optional<Selector> match;
  std::optional<std::int64_t> start;
  bool duplicates_allowed = false;
  std::string as;
  SourceRange range;  // of its path
};

struct ConnectionSpec {
  Template url;   // path against the target, or absolute ws(s) URL
  Template auth;  // name of a credential or "none"; empty if not written
  std::vector<std::pair<std::string, Template>> headers;
  std::vector<std::pair<std::string, Template>> query;
  std::vector<Template> subprotocols;
  std::optional<DeflateSpec> compress;  // set: offered
  TlsSpec tls;
  std::optional<Template> proxy;
  std::optional<SequenceSpec> sequence;
};

// Tests on the 101.
struct ConnectExpect {
  std::vector<std::pair<std::string, Predicate>> headers;
  std::optional<Predicate> subprotocol;
  std::optional<bool> compressed;
  std::optional<DeflateTests> compress_parameters;
  std::vector<std::pair<std::string, Predicate>> tls;  // version, cipher, issuer, days_left
};

enum class CredentialPlace { kHeader, kQuery, kSubprotocol, kCookie };
enum class Tamper { kNone, kSignature, kAlgNone, kPayload, kTruncate };

// A credential with `from` already followed: what is minted, how it is spoilt and where it goes.
struct Credential {
  std::string name;
  bool is_jwt = false;
  // A token as it is.
  Template token;
  // A JWT.
  std::string algorithm;  // "HS256", …
  Template key;           // ${secret.X}
  Template key_id;        // `kid`, may be empty
  absl::Duration ttl = absl::Minutes(5);
  std::optional<absl::Duration> not_before;
  TemplateValue::Object claims;  // merged; those removed by null are gone
  Tamper tamper = Tamper::kNone;

  CredentialPlace place = CredentialPlace::kHeader;
  std::string parameter;  // header, query parameter or cookie name
  std::string format;     // holds {token} or {token_base64url}
  SourceRange range;
};

}  // namespace wsfleet
