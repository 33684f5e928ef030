#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "agent/engine/jwt.h"
#include "agent/engine/request_fields.h"
#include "agent/engine/session.h"
#include "core/base/proxy_url.h"
#include "core/base/text.h"
#include "core/scenario/request_names.h"
#include "fmt/format.h"

// What a request is made of, upgrades and http alike: address, headers, credential, and the way to the target.
namespace wsfleet::engine {
namespace {

constexpr std::size_t kMaxEndpoint = 250;

// With `auth: none` nothing goes along that a credential of the suite would be, and that a target sends with each
// request.
void RemoveCredentials(const std::vector<Credential>& credentials, std::vector<HeaderField>& fields) {
  for (const Credential& credential : credentials) {
    if (credential.place == CredentialPlace::kHeader) RemoveField(fields, credential.parameter);
    if (credential.place == CredentialPlace::kCookie) RemoveCookie(fields, credential.parameter);
  }
}

// Of a traceparent (W3C Trace Context, 3.2): the author's own names the trace that is looked for.
std::optional<std::string> TraceIdOf(std::string_view traceparent) {
  constexpr std::size_t kBegin = 3;  // behind the version
  constexpr std::size_t kDigits = 32;
  if (traceparent.size() <= kBegin + kDigits || traceparent[2] != '-' || traceparent[kBegin + kDigits] != '-') {
    return std::nullopt;
  }
  const std::string_view id = traceparent.substr(kBegin, kDigits);
  if (!std::ranges::all_of(id, [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); })) {
    return std::nullopt;
  }
  return std::string(id);
}

// Of "host", "host:port", "[address]:port".
std::string HostOf(std::string_view authority) {
  if (authority.starts_with('[')) return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

}  // namespace

absl::Status Session::Place(const Template& auth, Placed& request) {
  if (auth.empty()) return absl::OkStatus();
  auto name = ExpandText(auth, scope_);
  if (!name.ok()) return name.status();
  if (*name == "none") return absl::OkStatus();
  const auto& credentials = facts_.planned->suite->credentials;
  const auto credential = std::ranges::find(credentials, *name, &Credential::name);
  if (credential == credentials.end())
    return absl::NotFoundError(fmt::format("credential \"{}\" is not defined", *name));
  auto token = tokens_.find(*name);
  if (token == tokens_.end()) {
    auto minted = MintToken(*credential, scope_, absl::Now() - facts_.surroundings->clock_ahead);
    if (!minted.ok()) return minted.status();
    redactor_.AddToken(*minted);
    token = tokens_.emplace(*name, *std::move(minted)).first;
  }
  const std::string endpoint = request.url.Origin() + request.url.target.substr(0, request.url.target.find('?'));
  request.credential = {*name, false, Excerpt(redactor_.Apply(endpoint), kMaxEndpoint)};
  const std::string value = FormatToken(*credential, token->second);
  // It goes over whatever else stands at its place: a test of a bad token must not send a good one.
  switch (credential->place) {
    case CredentialPlace::kHeader:
      SetField(request.headers, credential->parameter, value);
      break;
    case CredentialPlace::kQuery:
      RemoveQuery(request.url, credential->parameter);
      AddQuery(request.url, credential->parameter, value);
      break;
    case CredentialPlace::kSubprotocol:
      request.subprotocols.push_back(value);
      break;
    case CredentialPlace::kCookie:
      SetCookie(request.headers, credential->parameter, value);
      break;
  }
  return absl::OkStatus();
}

absl::StatusOr<TlsOptions> Session::PrepareTls(const TlsSpec& spec, bool own_origin) {
  TlsOptions tls;
  // The target's settings go with its origin.
  const TlsSpec standard_tls = own_origin ? facts_.target->tls : TlsSpec{};
  const auto fill = [&](const std::optional<Template>& own, const std::optional<Template>& standard,
                        std::string& out) -> absl::Status {
    const auto& text = own ? own : standard;
    if (!text) return absl::OkStatus();
    auto value = ExpandText(*text, scope_);
    if (!value.ok()) return value.status();
    out = *std::move(value);
    return absl::OkStatus();
  };
  if (auto status = fill(spec.ca, standard_tls.ca, tls.ca_pem); !status.ok()) return status;
  if (auto status = fill(spec.certificate, standard_tls.certificate, tls.certificate_pem); !status.ok()) return status;
  if (auto status = fill(spec.key, standard_tls.key, tls.key_pem); !status.ok()) return status;
  if (auto status = fill(spec.server_name, standard_tls.server_name, tls.server_name); !status.ok()) return status;
  tls.min_version = spec.min_version.value_or(standard_tls.min_version.value_or(""));
  tls.max_version = spec.max_version.value_or(standard_tls.max_version.value_or(""));
  tls.insecure = spec.insecure || standard_tls.insecure;
  constexpr char kInsecure[] = "insecure: the certificate was not verified";
  if (tls.insecure && std::ranges::find(outcome_.warnings, kInsecure) == outcome_.warnings.end()) {
    outcome_.warnings.emplace_back(kInsecure);
  }
  return tls;
}

absl::Status Session::PrepareRoute(const ConnectionSpec& spec, Placed& placed) {
  auto tls = PrepareTls(spec.tls, placed.own_origin);
  if (!tls.ok()) return tls.status();
  placed.tls = *std::move(tls);
  // By now every secret of the request was used. Who is asked for by another name may be somebody else there.
  std::vector<std::string> hosts{placed.url.host};
  if (!placed.tls.server_name.empty()) hosts.push_back(placed.tls.server_name);
  if (const HeaderField* host = FindField(placed.headers, "Host")) hosts.push_back(HostOf(host->value));
  for (const std::string& host : hosts) {
    if (auto status = scope_.CheckHost(host); !status.ok()) return status;
  }
  const std::optional<Template>& proxy = spec.proxy          ? spec.proxy
                                         : placed.own_origin ? facts_.target->proxy
                                                             : spec.proxy;
  if (!proxy) return absl::OkStatus();
  const ProxyScope scope(scope_);
  auto text = ExpandText(*proxy, scope);
  if (!text.ok()) return text.status();
  if (*text == "none") return absl::OkStatus();
  // One that is none goes nowhere; whoever dials says so.
  if (const auto parsed = ParseProxyUrl(*text); parsed.ok()) {
    if (auto status = scope.CheckHost(parsed->host); !status.ok()) return status;
    placed.proxy_host = parsed->host;
  }
  placed.proxy = *std::move(text);
  return absl::OkStatus();
}

absl::Status Session::AddHeaders(const Headers& headers, Placed& placed) {
  for (const auto& [name, text] : headers) {
    auto value = ExpandText(text, scope_);
    if (!value.ok()) return value.status();
    SetField(placed.headers, name, *std::move(value));
  }
  return absl::OkStatus();
}

absl::StatusOr<Session::Placed> Session::Address(const Template& reference, const Headers& headers,
                                                 const Template& auth) {
  Placed placed;
  auto text = ExpandText(reference, scope_);
  if (!text.ok()) return text.status();
  auto url = ResolveUrl(base_, *text);
  if (!url.ok()) return url.status();
  placed.url = *std::move(url);
  placed.own_origin = placed.url.Origin() == base_.Origin();
  if (placed.own_origin) {
    if (absl::Status status = AddHeaders(facts_.target->headers, placed); !status.ok()) return status;
    const auto name = ExpandText(auth, scope_);
    if (name.ok() && *name == "none") RemoveCredentials(facts_.planned->suite->credentials, placed.headers);
  }
  if (absl::Status status = AddHeaders(headers, placed); !status.ok()) return status;
  AddIfAbsent(placed.headers, "User-Agent", "wsfleet");
  if (const HeaderField* own = FindField(placed.headers, "traceparent")) {
    // The id is shown, and goes to sources of logs. One that holds a secret is none.
    const bool is_secret = redactor_.Apply(own->value) != own->value;
    trace_id_ = is_secret ? "" : TraceIdOf(own->value).value_or(trace_id_);
  } else if (!trace_id_.empty()) {
    AddIfAbsent(placed.headers, "traceparent", fmt::format("00-{}-{}-01", trace_id_, RandomHex(8)));
  }
  return placed;
}

absl::StatusOr<Session::Placed> Session::Prepare(const ConnectionSpec& spec, const ReconnectStep* again) {
  auto addressed = Address(spec.url, spec.headers, spec.auth);
  if (!addressed.ok()) return addressed.status();
  Placed placed = *std::move(addressed);
  const auto add_query = [&](const Headers& query) -> absl::Status {
    for (const auto& [name, text] : query) {
      auto value = ExpandText(text, scope_);
      if (!value.ok()) return value.status();
      AddQuery(placed.url, name, *value);
    }
    return absl::OkStatus();
  };
  if (absl::Status status = add_query(spec.query); !status.ok()) return status;
  if (again != nullptr) {
    for (const auto& [name, text] : again->query) RemoveQuery(placed.url, name);
    if (absl::Status status = add_query(again->query); !status.ok()) return status;
    if (absl::Status status = AddHeaders(again->headers, placed); !status.ok()) return status;
  }
  for (const Template& text : spec.subprotocols) {
    auto value = ExpandText(text, scope_);
    if (!value.ok()) return value.status();
    // Two of one name may not be offered (RFC 6455, 4.1), and a list in place of a name offers others.
    if (!IsToken(*value) || std::ranges::find(placed.subprotocols, *value) != placed.subprotocols.end()) {
      return absl::InvalidArgumentError(
          fmt::format("subprotocols: \"{}\" is no name, or is there twice", text.source_text()));
    }
    placed.subprotocols.push_back(*value);
  }
  if (absl::Status status = Place(spec.auth, placed); !status.ok()) return status;
  std::vector<HeaderField> fields = placed.headers;
  for (const std::string& name : placed.subprotocols) fields.push_back({"Sec-WebSocket-Protocol", name});
  if (absl::Status status = CheckFields(fields); !status.ok()) return status;
  if (absl::Status status = PrepareRoute(spec, placed); !status.ok()) return status;
  return placed;
}

}  // namespace wsfleet::engine
