#include "core/scenario/parse_target.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/scenario/bundle_file.h"
#include "core/scenario/folder_suite.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_connection.h"
#include "core/scenario/parse_match.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxTargets = 100;
constexpr std::size_t kMaxVars = 1000;

bool IsUrl(std::string_view text) { return text.starts_with("ws://") || text.starts_with("wss://"); }

Requirement ParseRequirement(ParseContext& context, const YamlNode& node) {
  Requirement requirement;
  requirement.range = node.range;
  if (!CheckKeys(context, node, "requires", keys::kRequirement)) return requirement;
  if (node.entries.size() != 1) {
    context.diagnostics.Error(node.range, "a requirement is exactly one of env, secret, http, agent");
    return requirement;
  }
  const YamlNode::Entry& entry = node.entries.front();
  if (entry.key == "env") {
    requirement.what = EnvRequirement{ReadIdentifier(context, "env", entry.value).value_or("")};
  } else if (entry.key == "secret") {
    requirement.what = SecretRequirement{ReadIdentifier(context, "secret", entry.value).value_or("")};
  } else if (entry.key == "http") {
    requirement.what = HttpRequirement{ParseHttp(context, entry.value)};
  } else if (entry.key == "agent") {
    AgentRequirement agent;
    if (!entry.value.is_mapping() || entry.value.entries.empty()) {
      context.diagnostics.Error(entry.value.range,
                                "agent: expected labels and what they must hold, such as {site: office}");
    }
    for (const YamlNode::Entry& label : entry.value.entries) {
      agent.labels.emplace_back(label.key, ParsePredicate(context, label.key, label.value));
    }
    requirement.what = std::move(agent);
  }
  return requirement;
}

Target ParseTarget(ParseContext& context, const YamlNode::Entry& entry) {
  Target target;
  target.name = entry.key;
  target.range = entry.key_range;
  const YamlNode& node = entry.value;
  CheckIdentifier(context, entry);
  if (!CheckKeys(context, node, entry.key, keys::kTarget)) return target;
  if (const YamlNode* url = Get(node, "url")) {
    target.url = ReadTemplate(context, "url", *url);
    if (!target.url.empty() && target.url.is_literal()) {
      if (IsUrl(target.url.literal())) {
        CheckUrl(context, "url", target.url.literal(), url->range);
      } else {
        context.diagnostics.Error(url->range,
                                  fmt::format("url: expected ws:// or wss://, found {}", DescribeNode(*url)));
      }
    }
  } else {
    context.diagnostics.Error(node.range, fmt::format("target \"{}\": \"url\" is missing", entry.key));
  }
  if (const YamlNode* requirements = Get(node, "requires")) target.requirements = ParseRequires(context, *requirements);
  if (const YamlNode* vars = Get(node, "vars")) target.vars = ParseVars(context, *vars);
  if (const YamlNode* headers = Get(node, "headers"))
    target.headers = ParseHeaders(context, *headers, RequestKind::kUpgrade);
  if (const YamlNode* tls = Get(node, "tls")) target.tls = ParseTls(context, *tls);
  if (const YamlNode* proxy = Get(node, "proxy")) target.proxy = ParseProxy(context, *proxy);
  return target;
}

void AddTarget(ParseContext& context, const YamlNode& node, Suite& suite) {
  const Template text = ReadTemplate(context, "target", node);
  if (text.empty()) return;
  if (!text.is_literal()) {
    // Known when the variables are: a name or a URL.
    Target& target = suite.target_candidates.emplace_back();
    target.url = text;
    target.is_reference = true;
    target.range = text.range();
    return;
  }
  const std::string literal = text.literal();
  if (IsUrl(literal)) {
    if (!CheckUrl(context, "target", literal, node.range)) return;
    Target& target = suite.target_candidates.emplace_back();
    target.url = text;
    target.range = node.range;
    return;
  }
  const auto found = std::ranges::find(suite.targets, literal, &Target::name);
  if (found != suite.targets.end()) {
    suite.target_candidates.push_back(*found);
    return;
  }
  std::vector<std::string_view> names;
  for (const Target& target : suite.targets) names.push_back(target.name);
  context.diagnostics.Error(
      node.range, fmt::format("undefined target \"{}\"{}; expected a ws:// or wss:// URL, or a name in targets",
                              Excerpt(literal, 80), Suggestion(literal, names)));
}

// Whether the folder's suite lists `file`.
bool IsListed(const SourceFiles& files, const std::string& file) {
  const auto folder = ResolveBundlePath(file, kSuiteOfFolder);
  const auto suite = folder && *folder != file ? files.find(*folder) : files.end();
  if (suite == files.end()) return false;
  Diagnostics ignored;
  const auto root = ReadYaml(suite->first, suite->second, ignored);
  const auto* listed = root ? root->Find("files") : nullptr;
  return listed != nullptr && std::ranges::any_of(listed->value.elements, [&](const YamlNode& element) {
           const auto pattern = ResolveBundlePath(suite->first, element.text);
           return pattern && GlobMatches(*pattern, file);
         });
}

// A file of a folder suite that was given alone has its target in the suite.
void ReportNoTarget(ParseContext& context, const YamlNode& root) {
  context.diagnostics.Error(
      root.range, !context.in_folder_suite && IsListed(context.files, context.file)
                      ? fmt::format("no target; this file is part of {}: run that, or add target", kSuiteOfFolder)
                      : "no target; add target: wss://host");
}

}  // namespace

std::vector<Requirement> ParseRequires(ParseContext& context, const YamlNode& node) {
  std::vector<Requirement> requirements;
  if (!node.is_sequence()) {
    context.diagnostics.Error(node.range, fmt::format("requires: expected a list, found {}", DescribeNode(node)));
  }
  for (const YamlNode& element : node.elements) requirements.push_back(ParseRequirement(context, element));
  return requirements;
}

std::vector<std::pair<std::string, TemplateValue>> ParseVars(ParseContext& context, const YamlNode& node) {
  std::vector<std::pair<std::string, TemplateValue>> vars;
  if (!node.is_mapping()) {
    context.diagnostics.Error(node.range, fmt::format("vars: expected a mapping, found {}", DescribeNode(node)));
  }
  if (node.entries.size() > kMaxVars) {
    context.diagnostics.Error(node.range, fmt::format("vars: more than {} variables", kMaxVars));
    return vars;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    CheckVariableName(context, entry.key, entry.key_range);
    vars.emplace_back(entry.key, ReadValue(context, entry.value));
  }
  return vars;
}

void ParseTargets(ParseContext& context, const YamlNode& root, Suite& suite) {
  if (const YamlNode* targets = Get(root, "targets")) {
    if (!targets->is_mapping()) {
      context.diagnostics.Error(targets->range,
                                fmt::format("targets: expected a mapping, found {}", DescribeNode(*targets)));
    } else if (targets->entries.size() > kMaxTargets) {
      context.diagnostics.Error(targets->range, fmt::format("targets: more than {} targets", kMaxTargets));
      return;
    }
    for (const YamlNode::Entry& entry : targets->entries) {
      suite.targets.push_back(ParseTarget(context, entry));
    }
  }
  const YamlNode* target = Get(root, "target");
  if (target == nullptr) {
    if (Get(root, "files") == nullptr) ReportNoTarget(context, root);
    return;
  }
  if (target->is_scalar()) return AddTarget(context, *target, suite);
  if (!target->is_sequence() || target->elements.empty() || target->elements.size() > kMaxTargets) {
    context.diagnostics.Error(
        target->range, fmt::format("target: expected a URL, a name or a list of 1 to {} of them, found {}", kMaxTargets,
                                   DescribeNode(*target)));
    return;
  }
  for (const YamlNode& element : target->elements) AddTarget(context, element, suite);
}

}  // namespace wsfleet
