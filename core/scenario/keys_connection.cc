#include "core/scenario/keys.h"

// The mappings that say how to speak with the target: credentials, TLS, requests and connections.
namespace wsfleet::keys {
namespace {

using Kind = Value::Kind;
template <std::size_t N>
using List = std::array<std::string_view, N>;

constexpr List<9> kAlgorithms{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"};
constexpr List<4> kPlaces{"header", "query", "subprotocol", "cookie"};
constexpr List<4> kTampers{"signature", "alg_none", "payload", "truncate"};
constexpr List<2> kDuplicates{"fail", "allow"};
constexpr List<10> kRefusedClasses{
    "dns",  "tcp",      "tls",  "proxy", "upgrade-refused-4xx", "upgrade-refused-5xx", "not-a-websocket",
    "auth", "protocol", "close"};
constexpr Value kClaims = Names(Kind::kAny, kAnything);
constexpr Value kBits = Integer(8, 15);
constexpr Value kCompressed[] = {kFlag, Mapping(kCompress)};
constexpr Value kOneRefusal = Mapping(kRefusal);

constexpr Key kCredentialKeys[] = {
    {"jwt", Mapping(kJwt), "Minted on the agent, once per session."},
    {"token", kTemplate, "A token as it is: ${secret.X}, a captured one, or rubbish."},
    {"from", kPlainText, "Derive from this credential."},
    {"ttl", kOffset, "exp = now + ttl, over that of `from`."},
    {"nbf", kOffset, "nbf = now + this, over that of `from`."},
    {"claims", kClaims, "Merged over those of `from`; null removes one."},
    {"tamper", Word(kTampers),
     "signature: wrong signature. alg_none: unsigned. payload: a claim changed after signing. truncate: last part "
     "cut off."},
    {"in", Word(kPlaces), "Where it travels. A subprotocol goes last into the offer.", "header"},
    {"param", kPlainText, "Name of header, query parameter or cookie. Default: Authorization, token, token."},
    {"format", Text("\\{token(_base64url)?\\}"),
     "{token} or {token_base64url} within. Default: Bearer {token} in a header, {token} elsewhere."}};
constexpr List<3> kKinds{"jwt", "token", "from"};
constexpr List<4> kOfDerived{"ttl", "nbf", "claims", "tamper"};
constexpr Rule kCredentialRules[] = {{.kind = Rule::Kind::kExactlyOne, .keys = kKinds},
                                     {.kind = Rule::Kind::kNeeds, .key = "from", .keys = kOfDerived}};

constexpr Key kJwtKeys[] = {Needed("alg", Word(kAlgorithms), "How it is signed."),
                            Needed("key", Of(Kind::kSecret), "HS*: the shared secret. RS*, ES*: the private key, PEM."),
                            {"kid", kTemplate, "Id of the key, in the head."},
                            {"ttl", kOffset, "exp = now + ttl.", "5m"},
                            {"nbf", kOffset, "nbf = now + this. Default: no nbf."},
                            {"claims", kClaims, "More claims; iat and exp are set."}};

constexpr Key kTlsKeys[] = {
    {"ca", kTemplate, "PEM: path in the bundle or ${secret.X}. Replaces the system's roots."},
    {"cert", kTemplate, "Client certificate chain, PEM: path in the bundle or ${secret.X}."},
    {"key", Of(Kind::kSecret), "Private key of cert."},
    {"server_name", kTemplate, "SNI and the name that is verified. Default: the host of the URL."},
    {"min_version", Word(kTlsVersions), "The lowest that is offered.", "tls1.2"},
    {"max_version", Word(kTlsVersions), "The highest that is offered.", "tls1.3"},
    {"insecure", Of(Kind::kTrue), "No verification. Marked in every report."}};
constexpr List<2> kCertificate{"cert", "key"};
constexpr Rule kTlsRules[] = {{.kind = Rule::Kind::kTogether, .keys = kCertificate}};

constexpr Key kCompressKeys[] = {{"server_max_window_bits", kBits, "RFC 7692, 7.1.2.1."},
                                 {"client_max_window_bits", kBits, "RFC 7692, 7.1.2.2."},
                                 {"server_no_context_takeover", kFlag, "RFC 7692, 7.1.1.1.", "false"},
                                 {"client_no_context_takeover", kFlag, "RFC 7692, 7.1.1.2.", "false"}};

constexpr Key kHttpKeys[] = {{"get", kTemplate, "Path against the target, or absolute URL."},
                             {"post", kTemplate, "Path against the target, or absolute URL."},
                             {"put", kTemplate, "Path against the target, or absolute URL."},
                             {"patch", kTemplate, "Path against the target, or absolute URL."},
                             {"delete", kTemplate, "Path against the target, or absolute URL."},
                             {"headers", kTexts, "Request headers."},
                             {"auth", kTemplate, "Name of a credential."},
                             {"json", kAnything, "Body."},
                             {"text", kTemplate, "Body."},
                             {"within", kDuration, "An answer after that is none."},
                             {"max_time", kDuration, "It came, but later than this: latency."},
                             {"expect", Mapping(kHttpExpect), "Tests on the answer. Default: any 2xx."},
                             {"capture", kAnswerCaptures, "Variable to source."}};
constexpr List<5> kMethods{"get", "post", "put", "patch", "delete"};
constexpr List<1> kTextBody{"text"};
constexpr Rule kHttpRules[] = {{.kind = Rule::Kind::kExactlyOne, .keys = kMethods},
                               {.kind = Rule::Kind::kNotTogether, .key = "json", .keys = kTextBody}};

constexpr Key kStatus{"status", kNumberTests, "HTTP status."};
constexpr Key kHeader{"header", kNamedTests, "Response header (any case) to predicate."};
constexpr Key kJson{"json", kBody, "On the JSON body."};
constexpr Key kText{"text", kTests, "On the body as text."};
constexpr Key kCloseCode{"close", kNumberTests, "Close code, 101 having been answered."};
constexpr Key kReason{"reason", kTests, "Close reason."};
constexpr Key kClass{"class", Word(kRefusedClasses), "Any failure of this class."};
constexpr Key kHttpExpectKeys[] = {kStatus, kHeader, kJson, kText};
constexpr Key kRefusalKeys[] = {kStatus, kHeader, kJson, kText, kCloseCode, kReason, kClass};
constexpr Key kRefusedKeys[] = {kStatus,    kHeader, kJson,  kText,
                                kCloseCode, kReason, kClass, {"any", ListOf(kOneRefusal, 2), "One of these ways."}};
constexpr List<7> kOneWay{"status", "header", "json", "text", "close", "reason", "class"};
constexpr Rule kRefusedRules[] = {{.kind = Rule::Kind::kNotTogether, .key = "any", .keys = kOneWay}};

constexpr Key kConnectKeys[] = {
    {"as", kIdentifier, "Name of this connection, for `via`.", "main"},
    Needed("path", kTemplate, "Path against the target, or absolute ws(s) URL."),
    {"auth", kTemplate, "Name of a credential, or none."},
    {"headers", kTexts, "Request headers."},
    {"query", kTexts, "Added to the URL, percent-encoded."},
    {"subprotocols", ListOf(kTemplate, 1), "What is offered, in this order."},
    {"compress", Either(kCompressed), "Offer permessage-deflate.", "false"},
    {"tls", Mapping(kTls), "Over the target's, key by key."},
    {"proxy", kProxyUrl, "http://host:port (CONNECT), socks5://host:port or none.", "none"},
    {"within", kDuration, "Until the answer has come."},
    {"max_time", kDuration, "It came, but later than this: latency."},
    {"expect", Mapping(kConnectExpect), "Tests on the answer 101."},
    {"refused", Mapping(kRefused), "Negative test: the connection must be refused in this way."},
    {"sequence", Mapping(kSequence), "Watches a number that rises by one from frame to frame, across reconnects."}};
constexpr List<2> kNotWithRefused{"expect", "sequence"};
constexpr Rule kConnectRules[] = {{.kind = Rule::Kind::kNotTogether, .key = "refused", .keys = kNotWithRefused}};

constexpr Key kConnectExpectKeys[] = {kHeader,
                                      {"subprotocol", kTests, "What was chosen."},
                                      {"compress", Either(kCompressed), "What was negotiated."},
                                      {"tls", Mapping(kTlsExpect), "The connection's TLS."}};

constexpr Key kTlsExpectKeys[] = {{"version", Of(Kind::kVersionTests), "Such as tls1.3."},
                                  {"cipher", kTests, "The cipher suite."},
                                  {"issuer", kTests, "Who signed the certificate."},
                                  {"days_left", kNumberTests, "Days until the certificate ends."}};

constexpr Key kSequenceKeys[] = {
    Needed("path", Text("^\\$"), "Path of the number."),
    {"match", kFrames, "Frames that carry it. Default: those in which the path selects something."},
    {"start", Integer(-kNoLimit - 1), "Its first value. Default: any."},
    {"duplicates", Word(kDuplicates), "allow: a number seen before is no failure (replay after a reconnect).", "fail"},
    {"as", kVariable, "Variable set to the last number received when the connection ends."}};

constexpr Key kReconnectKeys[] = {
    {"attempts", Integer(1, 20), "So often.", "1"},
    {"backoff", kPause, "Before the second attempt; doubles, 30s at most, ±20 %.", "200ms"},
    {"within", kDuration, "For all attempts."},
    {"headers", kTexts, "Request headers, over those of the connect."},
    {"query", kTexts, "Added to the URL, over that of the connect."}};

}  // namespace

constinit const Table kCredential{"credential", "A credential.", kCredentialKeys, kCredentialRules};
constinit const Table kJwt{"jwt", "A token that is minted.", kJwtKeys};
constinit const Table kTls{"tls", "TLS of a connection.", kTlsKeys, kTlsRules};
constinit const Table kCompress{"compress", "Parameters of permessage-deflate.", kCompressKeys};
constinit const Table kHttp{"http", "One request; no redirects, no cookie jar.", kHttpKeys, kHttpRules};
constinit const Table kHttpExpect{"http_expect", "Tests on an answer.", kHttpExpectKeys, {}, 1};
constinit const Table kConnect{"connect", "Opens a WebSocket.", kConnectKeys, kConnectRules};
constinit const Table kConnectExpect{"connect_expect", "Tests on the answer 101.", kConnectExpectKeys, {}, 1};
constinit const Table kTlsExpect{"tls_expect", "Tests on the connection's TLS.", kTlsExpectKeys, {}, 1};
constinit const Table kRefusal{"refusal", "A way to be refused.", kRefusalKeys, {}, 1};
constinit const Table kRefused{"refused", "A way to be refused, or several.", kRefusedKeys, kRefusedRules, 1};
constinit const Table kSequence{"sequence", "A number that rises by one.", kSequenceKeys};
constinit const Table kReconnect{"reconnect", "The same connect again, with a new token.", kReconnectKeys};

}  // namespace wsfleet::keys
