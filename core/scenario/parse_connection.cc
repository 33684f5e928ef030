#include "core/scenario/parse_connection.h"

#include <algorithm>
#include <array>

#include "core/base/proxy_url.h"
#include "core/base/text.h"
#include "core/scenario/bundle_file.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_match.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::array<std::string_view, 5> kMethods{"get", "post", "put", "patch", "delete"};

std::vector<std::pair<std::string, Predicate>> ParsePredicateMap(ParseContext& context, std::string_view key,
                                                                 const YamlNode& node) {
  std::vector<std::pair<std::string, Predicate>> out;
  if (!node.is_mapping()) {
    context.diagnostics.Error(node.range, fmt::format("{}: expected a mapping, found {}", key, DescribeNode(node)));
    return out;
  }
  if (node.entries.empty()) context.diagnostics.Error(node.range, fmt::format("{}: expected at least one test", key));
  for (const YamlNode::Entry& entry : node.entries) {
    out.emplace_back(entry.key, ParsePredicate(context, entry.key, entry.value));
  }
  return out;
}

void ParseHttpTests(ParseContext& context, const YamlNode& node, HttpExpect& out) {
  if (const YamlNode* status = Get(node, "status")) {
    CheckNumbers(context, "status", *status);
    out.status = ParsePredicate(context, "status", *status);
  }
  if (const YamlNode* header = Get(node, "header")) out.headers = ParsePredicateMap(context, "header", *header);
  if (const YamlNode* json = Get(node, "json")) out.json = ParseSelector(context, *json, true);
  if (const YamlNode* text = Get(node, "text")) out.text = ParsePredicate(context, "text", *text);
}

DeflateTests ParseDeflate(ParseContext& context, const YamlNode& node) {
  DeflateTests spec;
  if (!CheckKeys(context, node, "compress", keys::kCompress)) return spec;
  const auto bits = [&](std::string_view key) -> std::optional<std::uint8_t> {
    const YamlNode* value = Get(node, key);
    if (value == nullptr) return std::nullopt;
    const auto number = ReadInteger(context, keys::kCompress[key], *value);
    return number ? std::optional<std::uint8_t>(static_cast<std::uint8_t>(*number)) : std::nullopt;
  };
  const auto flag = [&](std::string_view key) -> std::optional<bool> {
    const YamlNode* value = Get(node, key);
    return value != nullptr ? ReadBool(context, key, *value) : std::nullopt;
  };
  spec.server_max_window_bits = bits("server_max_window_bits");
  spec.client_max_window_bits = bits("client_max_window_bits");
  spec.server_no_context_takeover = flag("server_no_context_takeover");
  spec.client_no_context_takeover = flag("client_no_context_takeover");
  return spec;
}

// What is offered: a parameter that is false is not.
DeflateSpec OfferOf(const DeflateTests& written) {
  return {written.server_max_window_bits, written.client_max_window_bits,
          written.server_no_context_takeover.value_or(false), written.client_no_context_takeover.value_or(false)};
}

std::vector<std::pair<std::string, Predicate>> ParseTlsTests(ParseContext& context, const YamlNode& node) {
  std::vector<std::pair<std::string, Predicate>> out = ParsePredicateMap(context, "tls", node);
  if (const YamlNode* version = Get(node, "version")) CheckWords(context, "version", *version, keys::kTlsVersions);
  if (const YamlNode* days = Get(node, "days_left")) CheckNumbers(context, "days_left", *days);
  return out;
}

ConnectExpect ParseConnectExpect(ParseContext& context, const YamlNode& node) {
  ConnectExpect expect;
  if (!CheckKeys(context, node, "expect", keys::kConnectExpect)) return expect;
  if (node.entries.empty()) context.diagnostics.Error(node.range, "expect: expected at least one test");
  if (const YamlNode* header = Get(node, "header")) expect.headers = ParsePredicateMap(context, "header", *header);
  if (const YamlNode* subprotocol = Get(node, "subprotocol")) {
    expect.subprotocol = ParsePredicate(context, "subprotocol", *subprotocol);
  }
  if (const auto* compress = node.Find("compress")) {
    if (compress->value.is_scalar()) {
      expect.compressed = ReadBool(context, "compress", compress->value);
    } else {
      expect.compressed = true;
      expect.compress_parameters = ParseDeflate(context, compress->value);
    }
  }
  if (const YamlNode* tls = Get(node, "tls")) {
    CheckKeys(context, *tls, "tls", keys::kTlsExpect);
    expect.tls = ParseTlsTests(context, *tls);
  }
  return expect;
}

Refusal ParseRefusal(ParseContext& context, const YamlNode& node) {
  Refusal refusal;
  ParseHttpTests(context, node, refusal.answer);
  if (const YamlNode* close = Get(node, "close")) {
    CheckNumbers(context, "close", *close);
    refusal.close = ParsePredicate(context, "close", *close);
  }
  if (const YamlNode* reason = Get(node, "reason")) refusal.reason = ParsePredicate(context, "reason", *reason);
  if (const YamlNode* name = Get(node, "class")) {
    if (const auto word = ReadWord(context, keys::kRefusal["class"], *name)) {
      refusal.failure_class = ParseFailureClass(*word);
    }
  }
  return refusal;
}

std::vector<Refusal> ParseRefused(ParseContext& context, const YamlNode& node) {
  std::vector<Refusal> out;
  if (!CheckKeys(context, node, "refused", keys::kRefused)) return out;
  if (node.entries.empty()) {
    context.diagnostics.Error(node.range, "refused: expected how, such as {status: 401} or {class: auth}");
    return out;
  }
  const auto* any = node.Find("any");
  if (any == nullptr) {
    out.push_back(ParseRefusal(context, node));
    return out;
  }
  if (node.entries.size() > 1) {
    context.diagnostics.Error(any->key_range, "\"any\" stands alone; write the other tests into its list");
  }
  if (!any->value.is_sequence() || any->value.elements.size() < 2) {
    context.diagnostics.Error(any->value.range, "any: expected a list of at least two ways to be refused");
    return out;
  }
  for (const YamlNode& element : any->value.elements) {
    if (CheckKeys(context, element, "any", keys::kRefusal)) {
      out.push_back(ParseRefusal(context, element));
    }
  }
  return out;
}

SequenceSpec ParseSequence(ParseContext& context, const YamlNode& node) {
  SequenceSpec spec;
  if (!CheckKeys(context, node, "sequence", keys::kSequence)) return spec;
  if (const YamlNode* path = Get(node, "path")) {
    const auto text = ReadText(context, "path", *path);
    if (auto parsed = text ? ParsePath(context, *text, path->range) : std::nullopt) spec.path = *std::move(parsed);
    spec.range = path->range;
  } else {
    context.diagnostics.Error(node.range, "sequence: \"path\" is missing");
  }
  if (const YamlNode* match = Get(node, "match")) spec.match = ParseSelector(context, *match);
  if (const YamlNode* start = Get(node, "start")) {
    spec.start = ReadInteger(context, keys::kSequence["start"], *start);
  }
  if (const YamlNode* duplicates = Get(node, "duplicates")) {
    spec.duplicates_allowed = ReadWord(context, keys::kSequence["duplicates"], *duplicates) == "allow";
  }
  if (const auto* as = node.Find("as")) {
    spec.as = ReadText(context, "as", as->value).value_or("");
    if (!spec.as.empty()) CheckVariableName(context, spec.as, as->value.range);
  }
  return spec;
}

// The last of `names`, which stands at `node`; templates are judged when they are filled in.
void CheckSubprotocol(ParseContext& context, const YamlNode& node, const std::vector<Template>& names) {
  const bool is_empty = node.is_scalar() && node.text.empty();
  if (!is_empty && !names.back().is_literal()) return;
  const auto same = [&](const Template& other) { return other.is_literal() && other.literal() == node.text; };
  if (!IsToken(node.text)) {
    context.diagnostics.Error(
        node.range,
        fmt::format("subprotocols: expected a name without blanks and commas, found {}", DescribeNode(node)));
  } else if (std::ranges::count_if(names, same) > 1) {
    context.diagnostics.Error(node.range, fmt::format("subprotocols: {} stands here twice", DescribeNode(node)));
  }
}

void ParseConnectionSpec(ParseContext& context, const YamlNode& node, ConnectionSpec& out) {
  if (const YamlNode* path = Get(node, "path")) {
    out.url = ReadReference(context, "path", *path);
  } else {
    context.diagnostics.Error(node.range, "connect: \"path\" is missing; write connect: {path: /ws}");
  }
  if (const YamlNode* auth = Get(node, "auth")) out.auth = ReadTemplate(context, "auth", *auth);
  if (const YamlNode* headers = Get(node, "headers"))
    out.headers = ParseHeaders(context, *headers, RequestKind::kUpgrade);
  if (const YamlNode* query = Get(node, "query")) out.query = ReadTemplateMap(context, "query", *query);
  if (const YamlNode* subprotocols = Get(node, "subprotocols")) {
    if (!subprotocols->is_sequence() || subprotocols->elements.empty()) {
      context.diagnostics.Error(subprotocols->range, "subprotocols: expected a list of names");
    }
    for (const YamlNode& element : subprotocols->elements) {
      out.subprotocols.push_back(ReadTemplate(context, "subprotocols", element));
      CheckSubprotocol(context, element, out.subprotocols);
    }
  }
  if (const YamlNode* compress = Get(node, "compress")) {
    const bool off = compress->is_scalar() && !ReadBool(context, "compress", *compress).value_or(false);
    if (!off) out.compress = compress->is_scalar() ? DeflateSpec() : OfferOf(ParseDeflate(context, *compress));
  }
  if (const YamlNode* tls = Get(node, "tls")) out.tls = ParseTls(context, *tls);
  if (const YamlNode* proxy = Get(node, "proxy")) out.proxy = ParseProxy(context, *proxy);
  if (const YamlNode* sequence = Get(node, "sequence")) out.sequence = ParseSequence(context, *sequence);
}

}  // namespace

std::vector<std::pair<std::string, Template>> ParseHeaders(ParseContext& context, const YamlNode& node,
                                                           RequestKind kind) {
  if (node.is_mapping()) {
    for (const YamlNode::Entry& entry : node.entries) {
      const std::string problem = ProblemOfHeader(entry.key, kind);
      // Of templates in names the reader of the map speaks.
      if (problem.empty() || entry.key.find("${") != std::string::npos) continue;
      context.diagnostics.Error(entry.key_range, fmt::format("headers: {}", problem));
    }
  }
  return ReadTemplateMap(context, "headers", node);
}

TlsSpec ParseTls(ParseContext& context, const YamlNode& node) {
  TlsSpec tls;
  if (!CheckKeys(context, node, "tls", keys::kTls)) return tls;
  // PEM is a secret, or a file of the bundle whose content takes the path's place.
  const auto pem = [&](std::string_view key, std::optional<Template>& out) {
    const YamlNode* value = Get(node, key);
    if (value == nullptr) return;
    out = ReadTemplate(context, key, *value);
    if (out->empty() || !out->is_literal()) return;
    if (const auto* content = FindFile(context, key, out->literal(), value->range)) out = Template::Literal(*content);
  };
  pem("ca", tls.ca);
  pem("cert", tls.certificate);
  if (const YamlNode* key = Get(node, "key")) tls.key = ReadSecretReference(context, "key", *key);
  if (const YamlNode* name = Get(node, "server_name")) tls.server_name = ReadTemplate(context, "server_name", *name);
  if (tls.certificate.has_value() != tls.key.has_value()) {
    context.diagnostics.Error(node.range, "tls: cert and key go together");
  }
  for (const auto& [key, out] : {std::pair("min_version", &tls.min_version), {"max_version", &tls.max_version}}) {
    if (const YamlNode* version = Get(node, key)) *out = ReadWord(context, keys::kTls[key], *version);
  }
  // The names of the versions are in their order.
  if (tls.min_version && tls.max_version && *tls.min_version > *tls.max_version) {
    context.diagnostics.Error(
        node.range, fmt::format("tls: min_version {} is above max_version {}", *tls.min_version, *tls.max_version));
  }
  if (const auto* insecure = node.Find("insecure")) {
    const auto value = ReadBool(context, "insecure", insecure->value);
    tls.insecure = value.value_or(false);
    if (value == false)
      context.diagnostics.Error(insecure->value.range, "insecure: expected true; leave it out to verify");
    if (tls.insecure) {
      context.diagnostics.Warning(insecure->key_range,
                                  "insecure: the certificate is not verified; every report says so");
    }
  }
  return tls;
}

Template ParseProxy(ParseContext& context, const YamlNode& node) {
  Template proxy = ReadTemplate(context, "proxy", node);
  if (proxy.is_literal()) {
    const std::string url = proxy.literal();
    if (url == "none") return proxy;
    if (!url.starts_with("http://") && !url.starts_with("socks5://")) {
      context.diagnostics.Error(
          node.range,
          fmt::format("proxy: expected http://host:port, socks5://host:port or none, found {}", DescribeNode(node)));
    } else if (const auto parsed = ParseProxyUrl(url); !parsed.ok()) {
      context.diagnostics.Error(node.range, std::string(ToStd(parsed.status().message())));
    }
  }
  return proxy;
}

HttpRequest ParseHttp(ParseContext& context, const YamlNode& node) {
  HttpRequest http;
  if (!CheckKeys(context, node, "http", keys::kHttp)) return http;
  for (const std::string_view method : kMethods) {
    const auto* entry = node.Find(method);
    if (entry == nullptr) continue;
    if (!http.method.empty()) {
      context.diagnostics.Error(entry->key_range, "an http step has exactly one of get, post, put, patch, delete");
      continue;
    }
    http.method = method;
    for (char& c : http.method) c = static_cast<char>(c - 'a' + 'A');
    http.url = ReadReference(context, method, entry->value);
  }
  if (http.method.empty()) {
    context.diagnostics.Error(node.range, "an http step has exactly one of get, post, put, patch, delete; found none");
  }
  if (const YamlNode* headers = Get(node, "headers"))
    http.headers = ParseHeaders(context, *headers, RequestKind::kHttp);
  if (const YamlNode* auth = Get(node, "auth")) http.auth = ReadTemplate(context, "auth", *auth);
  if (const YamlNode* json = Get(node, "json")) http.json = ReadValue(context, *json);
  if (const auto* text = node.Find("text")) {
    if (http.json) context.diagnostics.Error(text->key_range, "a body is json or text, not both");
    http.text = ReadTemplate(context, "text", text->value);
  }
  if (const YamlNode* within = Get(node, "within")) http.within = ReadDuration(context, keys::kHttp["within"], *within);
  if (const YamlNode* max_time = Get(node, "max_time")) {
    http.max_time = ReadDuration(context, keys::kHttp["max_time"], *max_time);
    http.max_time_range = max_time->range;
  }
  if (const YamlNode* expect = Get(node, "expect")) {
    if (CheckKeys(context, *expect, "expect", keys::kHttpExpect)) {
      ParseHttpTests(context, *expect, http.expect.emplace());
      if (expect->entries.empty()) context.diagnostics.Error(expect->range, "expect: expected at least one test");
    }
  }
  if (const YamlNode* capture = Get(node, "capture")) http.capture = ParseCaptures(context, *capture, true);
  return http;
}

ConnectStep ParseConnect(ParseContext& context, const YamlNode& node) {
  ConnectStep step;
  if (!CheckKeys(context, node, "connect", keys::kConnect)) return step;
  if (const YamlNode* as = Get(node, "as")) step.as = ReadIdentifier(context, "as", *as).value_or("main");
  ParseConnectionSpec(context, node, step.connection);
  if (const YamlNode* within = Get(node, "within"))
    step.within = ReadDuration(context, keys::kConnect["within"], *within);
  if (const YamlNode* max_time = Get(node, "max_time"))
    step.max_time = ReadDuration(context, keys::kConnect["max_time"], *max_time);
  if (const YamlNode* expect = Get(node, "expect")) step.expect = ParseConnectExpect(context, *expect);
  if (const auto* refused = node.Find("refused")) {
    step.refused = ParseRefused(context, refused->value);
    for (const std::string_view other : {"expect", "sequence"}) {
      if (node.Find(other) != nullptr) {
        context.diagnostics.Error(refused->key_range, fmt::format("\"refused\" does not go with \"{}\"", other));
      }
    }
  }
  return step;
}

ReconnectStep ParseReconnect(ParseContext& context, const YamlNode& node) {
  ReconnectStep step;
  if (!CheckKeys(context, node, "reconnect", keys::kReconnect)) return step;
  if (const YamlNode* attempts = Get(node, "attempts")) {
    step.attempts =
        static_cast<std::uint32_t>(ReadInteger(context, keys::kReconnect["attempts"], *attempts).value_or(1));
  }
  if (const YamlNode* backoff = Get(node, "backoff")) {
    step.backoff = ReadDuration(context, keys::kReconnect["backoff"], *backoff).value_or(step.backoff);
  }
  if (const YamlNode* within = Get(node, "within"))
    step.within = ReadDuration(context, keys::kReconnect["within"], *within);
  if (const YamlNode* headers = Get(node, "headers"))
    step.headers = ParseHeaders(context, *headers, RequestKind::kUpgrade);
  if (const YamlNode* query = Get(node, "query")) step.query = ReadTemplateMap(context, "query", *query);
  return step;
}

}  // namespace wsfleet
