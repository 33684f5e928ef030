#include <algorithm>
#include <array>
#include <set>

#include "core/base/text.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_connection.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxCredentials = 200;

bool IsReservedAlgorithm(std::string_view text) { return text.starts_with("PS") || text == "EdDSA"; }

void ParseAlgorithm(ParseContext& context, const YamlNode& node, Credential& out) {
  if (node.is_scalar() && IsReservedAlgorithm(node.text)) {
    std::string list;
    for (const std::string_view name : keys::kJwt["alg"].value.words) list += fmt::format(" {}", name);
    context.diagnostics.Error(node.range, fmt::format("alg: {} is not supported yet; supported:{}", node.text, list));
    return;
  }
  const auto algorithm = ReadWord(context, keys::kJwt["alg"], node);
  if (algorithm) out.algorithm = *algorithm;
}

TemplateValue::Object ReadClaims(ParseContext& context, const YamlNode& node) {
  TemplateValue::Object claims;
  if (!node.is_mapping()) {
    context.diagnostics.Error(node.range, fmt::format("claims: expected a mapping, found {}", DescribeNode(node)));
    return claims;
  }
  for (const YamlNode::Entry& entry : node.entries) claims.emplace_back(entry.key, ReadValue(context, entry.value));
  return claims;
}

void ParseJwt(ParseContext& context, const YamlNode& node, Credential& out) {
  out.is_jwt = true;
  if (!CheckKeys(context, node, "jwt", keys::kJwt)) return;
  if (const YamlNode* alg = Get(node, "alg")) {
    ParseAlgorithm(context, *alg, out);
  } else {
    context.diagnostics.Error(node.range, "jwt: \"alg\" is missing");
  }
  if (const YamlNode* key = Get(node, "key")) {
    out.key = ReadSecretReference(context, "key", *key);
  } else {
    context.diagnostics.Error(node.range, "jwt: \"key\" is missing; write key: ${secret.NAME}");
  }
  if (const YamlNode* kid = Get(node, "kid")) out.key_id = ReadTemplate(context, "kid", *kid);
  if (const YamlNode* ttl = Get(node, "ttl"))
    out.ttl = ReadDuration(context, keys::kJwt["ttl"], *ttl).value_or(out.ttl);
  if (const YamlNode* nbf = Get(node, "nbf")) out.not_before = ReadDuration(context, keys::kJwt["nbf"], *nbf);
  if (const YamlNode* claims = Get(node, "claims")) out.claims = ReadClaims(context, *claims);
}

void SetPlace(Credential& out, std::string_view place) {
  out.place = place == "query"         ? CredentialPlace::kQuery
              : place == "subprotocol" ? CredentialPlace::kSubprotocol
              : place == "cookie"      ? CredentialPlace::kCookie
                                       : CredentialPlace::kHeader;
  const bool header = out.place == CredentialPlace::kHeader;
  out.parameter = header ? "Authorization" : "token";
  out.format = header ? "Bearer {token}" : "{token}";
}

void ParsePlacement(ParseContext& context, const YamlNode& node, Credential& out) {
  if (const YamlNode* place = Get(node, "in")) {
    if (const auto word = ReadWord(context, keys::kCredential["in"], *place)) SetPlace(out, *word);
  }
  if (const YamlNode* parameter = Get(node, "param")) {
    out.parameter = ReadPlainText(context, "param", *parameter).value_or(out.parameter);
    const bool header = out.place == CredentialPlace::kHeader;
    if (const std::string problem = header ? ProblemOfHeader(out.parameter, RequestKind::kUpgrade) : "";
        !problem.empty()) {
      context.diagnostics.Error(parameter->range, fmt::format("param: {}", problem));
    }
  }
  if (const YamlNode* format = Get(node, "format")) {
    out.format = ReadPlainText(context, "format", *format).value_or(out.format);
    if (out.format.find("{token}") == std::string::npos && out.format.find("{token_base64url}") == std::string::npos) {
      context.diagnostics.Error(format->range, "format: expected {token} or {token_base64url} in it");
    }
  }
}

void MergeClaims(TemplateValue::Object& claims, TemplateValue::Object changes) {
  for (auto& [name, value] : changes) {
    std::erase_if(claims, [&](const auto& claim) { return claim.first == name; });
    // A null stays: it takes away those that minting adds, too.
    claims.emplace_back(name, std::move(value));
  }
}

void ParseDerived(ParseContext& context, const YamlNode& node, Credential& out) {
  if (const YamlNode* ttl = Get(node, "ttl"))
    out.ttl = ReadDuration(context, keys::kCredential["ttl"], *ttl).value_or(out.ttl);
  if (const YamlNode* nbf = Get(node, "nbf")) out.not_before = ReadDuration(context, keys::kCredential["nbf"], *nbf);
  if (const YamlNode* claims = Get(node, "claims")) MergeClaims(out.claims, ReadClaims(context, *claims));
  if (const YamlNode* tamper = Get(node, "tamper")) {
    if (const auto word = ReadWord(context, keys::kCredential["tamper"], *tamper)) {
      out.tamper = *word == "signature"  ? Tamper::kSignature
                   : *word == "alg_none" ? Tamper::kAlgNone
                   : *word == "payload"  ? Tamper::kPayload
                                         : Tamper::kTruncate;
    }
  }
}

// Follows `from` before the credential itself, whatever the order in the file.
class CredentialTable {
 public:
  CredentialTable(ParseContext& context, const YamlNode& node) : context_(context), node_(node) {}

  std::vector<Credential> ParseAll() {
    // Each `from` is a level of recursion.
    if (node_.entries.size() > kMaxCredentials) {
      context_.diagnostics.Error(node_.range, fmt::format("auth: more than {} credentials", kMaxCredentials));
      return {};
    }
    for (const YamlNode::Entry& entry : node_.entries) {
      if (entry.key == "none") {
        context_.diagnostics.Error(entry.key_range, "\"none\" is built in and cannot be defined");
      } else {
        Parse(entry);
      }
    }
    return std::move(done_);
  }

 private:
  std::vector<std::string_view> Names() const {
    std::vector<std::string_view> names;
    for (const YamlNode::Entry& entry : node_.entries) names.push_back(entry.key);
    return names;
  }

  const Credential* Parse(const YamlNode::Entry& entry) {
    const auto found = std::ranges::find(done_, entry.key, &Credential::name);
    if (found != done_.end()) return &*found;
    if (!under_way_.insert(entry.key).second) {
      context_.diagnostics.Error(entry.key_range, fmt::format("credential \"{}\" derives from itself", entry.key));
      return nullptr;
    }
    Credential credential;
    SetPlace(credential, "header");
    CheckIdentifier(context_, entry);
    if (!CheckKeys(context_, entry.value, entry.key, keys::kCredential)) return nullptr;
    ParseKind(entry, credential);
    ParsePlacement(context_, entry.value, credential);
    credential.name = entry.key;
    credential.range = entry.key_range;
    return &done_.emplace_back(std::move(credential));
  }

  void ParseKind(const YamlNode::Entry& entry, Credential& credential) {
    const YamlNode& node = entry.value;
    const YamlNode* jwt = Get(node, "jwt");
    const YamlNode* token = Get(node, "token");
    const YamlNode* from = Get(node, "from");
    if ((jwt != nullptr) + (token != nullptr) + (from != nullptr) != 1) {
      context_.diagnostics.Error(node.range, fmt::format("\"{}\" needs exactly one of jwt, token, from", entry.key));
      return;
    }
    for (const std::string_view key : {"ttl", "nbf", "claims", "tamper"}) {
      if (const auto* extra = node.Find(key); extra != nullptr && from == nullptr) {
        context_.diagnostics.Error(extra->key_range, fmt::format("\"{}\" goes with from; write it inside of jwt", key));
      }
    }
    if (jwt != nullptr) ParseJwt(context_, *jwt, credential);
    if (token != nullptr) credential.token = ReadTemplate(context_, "token", *token);
    if (from != nullptr) ParseFrom(*from, node, credential);
  }

  void ParseFrom(const YamlNode& from, const YamlNode& node, Credential& credential) {
    const auto name = ReadText(context_, "from", from);
    if (!name) return;
    const YamlNode::Entry* base = node_.Find(*name);
    if (base == nullptr) {
      const auto names = Names();
      context_.diagnostics.Error(from.range,
                                 fmt::format("undefined credential \"{}\"{}", *name, Suggestion(*name, names)));
      return;
    }
    if (const Credential* parsed = Parse(*base)) credential = Credential(*parsed);
    if (!credential.is_jwt) return RefuseChanges(node, *name);
    ParseDerived(context_, node, credential);
  }

  // Nothing in an opaque token could be changed so that a target must refuse it for that: the token itself would be
  // sent, and the target blamed for letting it in.
  void RefuseChanges(const YamlNode& node, const std::string& base) {
    for (const std::string_view key : {"ttl", "nbf", "claims", "tamper"}) {
      if (const auto* change = node.Find(key)) {
        context_.diagnostics.Error(change->key_range,
                                   fmt::format("\"{}\" changes a jwt, and \"{}\" is a token", key, base));
      }
    }
  }

  ParseContext& context_;
  const YamlNode& node_;
  std::vector<Credential> done_;
  std::set<std::string> under_way_;
};

}  // namespace

std::vector<Credential> ParseCredentials(ParseContext& context, const YamlNode& node) {
  if (!node.is_mapping()) {
    context.diagnostics.Error(node.range, fmt::format("auth: expected a mapping, found {}", DescribeNode(node)));
    return {};
  }
  return CredentialTable(context, node).ParseAll();
}

}  // namespace wsfleet
