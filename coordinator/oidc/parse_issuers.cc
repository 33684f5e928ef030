#include "coordinator/oidc/parse_issuers.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "coordinator/oidc/issuer_keys.h"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "core/base/url.h"
#include "core/policy/loopback.h"
#include "core/scenario/diagnostics.h"
#include "core/scenario/fields.h"
#include "core/scenario/parser.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"

namespace wsfleet::oidc {
namespace {

using Kind = keys::Value::Kind;

class IssuerReader {
 public:
  IssuerReader(ParseContext& context, const YamlNode& node) : context_(context), node_(node) {}

  Issuer Read() {
    if (!CheckKeys(context_, node_, "issuers", kTable)) return {};
    RequireKeys(context_, node_, "issuer", kTable);
    ReadTextInto("name", out_.name);
    if (const YamlNode* name = Get(node_, "name"); name != nullptr && !out_.name.empty() && !IsIdentifier(out_.name)) {
      Expected("name", *name, "letters, digits, '.', '_' or '-'");
    }
    ReadTextInto("issuer", out_.issuer);
    if (const YamlNode* issuer = Get(node_, "issuer"); issuer != nullptr && !IsGraphic(out_.issuer)) {
      Expected("issuer", *issuer, "a text without white space");
    }
    if (const YamlNode* audience = Get(node_, "audience")) {
      out_.audiences = ReadTextList(context_, kTable["audience"], *audience);
    }
    ReadKeys();
    if (const YamlNode* algorithms = Get(node_, "algorithms")) ReadAlgorithms(*algorithms);
    if (const YamlNode* claim = Get(node_, "groups_claim")) ReadClaim("groups_claim", *claim, out_.groups_claim);
    if (const YamlNode* claim = Get(node_, "name_claim")) ReadClaim("name_claim", *claim, out_.name_claim);
    ReadTime("leeway", out_.leeway, absl::ZeroDuration(), absl::Minutes(5));
    ReadTime("max_life", out_.max_life, absl::Minutes(1), absl::Hours(720));
    if (const YamlNode* roles = Get(node_, "roles")) ReadRoles(*roles);
    return std::move(out_);
  }

 private:
  static constexpr const keys::Table& kTable = keys::kIssuer;

  void Expected(std::string_view key, const YamlNode& node, std::string_view expected) {
    context_.diagnostics.Error(node.range, fmt::format("{}: expected {}, found {}", key, expected, DescribeNode(node)));
  }

  static bool IsGraphic(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  }

  // Of a length that the table allows.
  std::string ReadSized(const keys::Key& key, const keys::Value& value, const YamlNode& node) {
    auto text = ReadPlainText(context_, key.name, node);
    if (!text) return {};
    const auto size = static_cast<std::int64_t>(text->size());
    if (size >= value.min && size <= value.max) return *std::move(text);
    Expected(key.name, node, fmt::format("{} to {} bytes", value.min, value.max));
    return {};
  }

  void ReadTextInto(std::string_view name, std::string& out) {
    if (const YamlNode* node = Get(node_, name)) out = ReadSized(kTable[name], kTable[name].value, *node);
  }

  void ReadTime(std::string_view name, absl::Duration& out, absl::Duration least, absl::Duration most) {
    if (const YamlNode* node = Get(node_, name)) {
      out = ReadDurationWithin(context_, kTable[name], *node, least, most).value_or(out);
    }
  }

  void ReadKeys() {
    const YamlNode* url = Get(node_, "jwks_url");
    if ((url == nullptr) == (Get(node_, "jwks_file") == nullptr)) {
      context_.diagnostics.Error(node_.range, "an issuer has exactly one of jwks_url, jwks_file");
    }
    KeyLocation& keys = out_.keys;
    ReadTextInto("jwks_url", keys.url);
    ReadTextInto("jwks_file", keys.file);
    ReadTextInto("ca_file", keys.ca_file);
    ReadTime("refresh", keys.refresh, absl::Seconds(10), absl::Hours(24));
    ReadTime("keep", keys.keep, absl::Minutes(1), absl::Hours(168));
    if (keys.url.empty()) return;
    const auto parsed = ParseUrl(keys.url);
    const bool is_http = keys.url.starts_with("http://");
    if (!parsed.ok() || !(is_http || keys.url.starts_with("https://"))) {
      return Expected("jwks_url", *url, "https://HOST/PATH");
    }
    // Whoever is between could put keys of their own in, and be anybody.
    if (is_http && !IsLoopbackHost(parsed->host)) Expected("jwks_url", *url, "https://…; http:// is for loopback only");
  }

  void ReadAlgorithms(const YamlNode& node) {
    if (!node.is_sequence() || node.elements.empty()) return Expected("algorithms", node, "a list of RS256, ES256");
    out_.algorithms.clear();
    const keys::Key one{"algorithms", *kTable["algorithms"].value.element, {}};
    for (const YamlNode& element : node.elements) {
      if (const auto word = ReadWord(context_, one, element)) out_.algorithms.push_back(*ParseAlgorithm(*word));
    }
  }

  void ReadClaim(std::string_view name, const YamlNode& node, ClaimPath& out) {
    const keys::Key& key = kTable[name];
    if (node.is_sequence()) {
      out = ReadTextList(context_, key, node);
    } else {
      out = {ReadSized(key, key.Of(Kind::kText), node)};
    }
  }

  void ReadRoles(const YamlNode& node) {
    const keys::Value& list = kTable["roles"].value;
    if (!node.is_sequence() || node.elements.empty() || std::ssize(node.elements) > list.max) {
      return Expected("roles", node, fmt::format("a list of 1 to {}", list.max));
    }
    for (const YamlNode& element : node.elements) {
      if (context_.diagnostics.full()) return;
      if (auto mapping = ReadRole(element)) out_.roles.push_back(*std::move(mapping));
    }
  }

  std::optional<Issuer::Mapping> ReadRole(const YamlNode& node) {
    constexpr const keys::Table& kRole = keys::kGroupRole;
    if (!CheckKeys(context_, node, "roles", kRole)) return std::nullopt;
    RequireKeys(context_, node, "roles", kRole);
    const YamlNode *group = Get(node, "group"), *fleet = Get(node, "fleet"), *role = Get(node, "role");
    if (group == nullptr || fleet == nullptr || role == nullptr) return std::nullopt;
    Issuer::Mapping mapping;
    mapping.group = ReadSized(kRole["group"], kRole["group"].value, *group);
    const std::string name = ReadSized(kRole["fleet"], kRole["fleet"].value, *fleet);
    if (name != "*") mapping.fleet = FleetName(name);
    if (!name.empty() && name != "*" && !IsIdentifier(name)) Expected("fleet", *fleet, "the name of a fleet, or \"*\"");
    const auto word = ReadWord(context_, kRole["role"], *role);
    if (!word) return std::nullopt;
    mapping.role = *ParseRole(*word);
    return mapping;
  }

  ParseContext& context_;
  const YamlNode& node_;
  Issuer out_;
};

std::vector<Issuer> ReadIssuers(ParseContext& context, const YamlNode& root) {
  if (!CheckKeys(context, root, "the file", keys::kIssuers)) return {};
  RequireKeys(context, root, "the file", keys::kIssuers);
  CheckVersion(context, root);
  const YamlNode* list = Get(root, "issuers");
  if (list == nullptr) return {};
  const auto most = keys::kIssuers["issuers"].value.max;
  if (!list->is_sequence() || list->elements.empty() || std::ssize(list->elements) > most) {
    context.diagnostics.Error(
        list->range, fmt::format("issuers: expected a list of 1 to {}, found {}", most,
                                 list->is_sequence() ? std::to_string(list->elements.size()) : DescribeNode(*list)));
    return {};
  }
  std::vector<Issuer> issuers;
  std::set<std::string> names, urls;
  for (const YamlNode& element : list->elements) {
    Issuer issuer = IssuerReader(context, element).Read();
    for (const auto& [key, value, known] :
         {std::tuple("name", issuer.name, &names), {"issuer", issuer.issuer, &urls}}) {
      if (value.empty() || known->insert(value).second) continue;
      context.diagnostics.Error(element.range, fmt::format("{}: another issuer of this file has \"{}\"", key, value));
    }
    issuers.push_back(std::move(issuer));
  }
  return issuers;
}

}  // namespace

IssuersResult ParseIssuers(const std::string& file, const std::string& text) {
  IssuersResult result;
  Diagnostics diagnostics;
  const SourceFiles files{{file, text}};
  if (const auto root = ReadYaml(file, text, diagnostics, "version, issuers")) {
    ParseContext context{file, files, diagnostics};
    result.issuers = ReadIssuers(context, *root);
  }
  if (diagnostics.has_errors()) result.issuers.clear();
  result.diagnostics = diagnostics.Sorted(kMaxDiagnostics);
  return result;
}

}  // namespace wsfleet::oidc
