#include "core/scenario/parse_suite.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/scenario/parse_connection.h"
#include "core/scenario/parse_load.h"
#include "core/scenario/parse_match.h"
#include "core/scenario/parse_step.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::array<std::string_view, 19> kSuiteKeys{
    "version", "name",      "files",     "target",  "targets",         "tags",     "vars",     "auth",
    "data",    "requires",  "defaults",  "regions", "stop_on_failure", "deadline", "revision", "evidence",
    "load",    "scenarios", "thresholds"};
constexpr std::array<std::string_view, 6> kTargetKeys{"url", "requires", "vars", "headers", "tls", "proxy"};
constexpr std::array<std::string_view, 4> kRequirementKeys{"env", "secret", "http", "agent"};
constexpr std::array<std::string_view, 7> kDefaultsKeys{"within",   "deadline",   "phases", "retries",
                                                        "priority", "unexpected", "inbox"};
constexpr std::array<std::string_view, 5> kPhaseKeys{"resolve", "connect", "tls", "upgrade", "close"};
constexpr std::array<std::string_view, 2> kInboxKeys{"max_frames", "max_bytes"};
constexpr std::array<std::string_view, 2> kRegionKeys{"include", "require"};
constexpr std::array<std::string_view, 2> kRevisionKeys{"http", "from"};
constexpr std::array<std::string_view, 4> kEvidenceKeys{"trace", "headers", "redact", "logs"};
constexpr std::array<std::string_view, 2> kDataKeys{"file", "use"};
constexpr std::array<std::string_view, 11> kScenarioKeys{
    "name", "tags", "priority", "requires", "skip", "matrix", "concurrent", "retries", "deadline", "weight", "steps"};
constexpr std::size_t kMaxName = 120;

std::string ReadName(ParseContext& context, const YamlNode& node) {
  const YamlNode* name = Get(node, "name");
  if (name == nullptr) {
    context.diagnostics.Error(node.range, "\"name\" is missing");
    return {};
  }
  const std::string text = ReadText(context, "name", *name).value_or("");
  if (text.empty() || text.size() > kMaxName) {
    context.diagnostics.Error(name->range,
                              fmt::format("name: expected 1 to {} characters, found {}", kMaxName, text.size()));
  }
  if (const std::size_t at = text.find("${"); at != std::string::npos) {
    const std::size_t end = text.find('}', at);
    context.diagnostics.Error(name->range, fmt::format("name: {} is not allowed here",
                                                       text.substr(at, end == std::string::npos ? end : end + 1 - at)));
  }
  return text;
}

Requirement ParseRequirement(ParseContext& context, const YamlNode& node) {
  Requirement requirement;
  requirement.range = node.range;
  if (!CheckKeys(context, node, "requires", kRequirementKeys)) return requirement;
  if (node.entries.size() != 1) {
    context.diagnostics.Error(node.range, "a requirement is exactly one of env, secret, http, agent");
    return requirement;
  }
  const YamlNode::Entry& entry = node.entries.front();
  if (entry.key == "env") {
    requirement.what = EnvRequirement{ReadText(context, "env", entry.value).value_or("")};
  } else if (entry.key == "secret") {
    requirement.what = SecretRequirement{ReadText(context, "secret", entry.value).value_or("")};
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
  for (const YamlNode::Entry& entry : node.entries) {
    CheckVariableName(context, entry.key, entry.key_range);
    vars.emplace_back(entry.key, ReadValue(context, entry.value));
  }
  return vars;
}

Target ParseTarget(ParseContext& context, const YamlNode::Entry& entry, Unsupported& unsupported) {
  Target target;
  target.name = entry.key;
  target.range = entry.key_range;
  const YamlNode& node = entry.value;
  if (!CheckKeys(context, node, entry.key, kTargetKeys)) return target;
  if (const YamlNode* url = Get(node, "url")) {
    target.url = ReadTemplate(context, "url", *url);
  } else {
    context.diagnostics.Error(node.range, fmt::format("target \"{}\": \"url\" is missing", entry.key));
  }
  if (const YamlNode* requirements = Get(node, "requires")) target.requirements = ParseRequires(context, *requirements);
  if (const YamlNode* vars = Get(node, "vars")) target.vars = ParseVars(context, *vars);
  if (const YamlNode* headers = Get(node, "headers")) target.headers = ReadTemplateMap(context, "headers", *headers);
  if (const YamlNode* tls = Get(node, "tls")) target.tls = ParseTls(context, *tls, unsupported);
  if (const auto* proxy = node.Find("proxy")) {
    target.proxy = ParseProxy(context, proxy->value, proxy->key_range, unsupported);
  }
  return target;
}

bool IsUrl(std::string_view text) { return text.starts_with("ws://") || text.starts_with("wss://"); }

void AddTarget(ParseContext& context, const YamlNode& node, Suite& suite) {
  const Template text = ReadTemplate(context, "target", node);
  if (text.empty()) return;
  if (!text.is_literal()) {
    // Known when the variables are: a name or a URL.
    suite.target_reference = text;
    return;
  }
  const std::string literal = text.literal();
  if (IsUrl(literal)) {
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

void ParseTargets(ParseContext& context, const YamlNode& root, Suite& suite) {
  if (const YamlNode* targets = Get(root, "targets")) {
    if (!targets->is_mapping()) {
      context.diagnostics.Error(targets->range,
                                fmt::format("targets: expected a mapping, found {}", DescribeNode(*targets)));
    }
    for (const YamlNode::Entry& entry : targets->entries) {
      suite.targets.push_back(ParseTarget(context, entry, suite.not_in_this_version));
    }
  }
  const YamlNode* target = Get(root, "target");
  if (target == nullptr) {
    if (Get(root, "files") == nullptr) context.diagnostics.Error(root.range, "no target; add target: wss://host");
    return;
  }
  if (target->is_scalar()) return AddTarget(context, *target, suite);
  if (!target->is_sequence() || target->elements.empty()) {
    context.diagnostics.Error(target->range, fmt::format("target: expected a URL, a name or a list of them, found {}",
                                                         DescribeNode(*target)));
  }
  for (const YamlNode& element : target->elements) AddTarget(context, element, suite);
}

void ParsePhases(ParseContext& context, const YamlNode& node, PhaseCaps& caps) {
  if (!CheckKeys(context, node, "phases", kPhaseKeys)) return;
  for (const auto& [key, out] : {std::pair("resolve", &caps.resolve),
                                 {"connect", &caps.connect},
                                 {"tls", &caps.tls},
                                 {"upgrade", &caps.upgrade},
                                 {"close", &caps.close}}) {
    if (const YamlNode* value = Get(node, key)) *out = ReadDuration(context, key, *value).value_or(*out);
  }
}

Defaults ParseDefaults(ParseContext& context, const YamlNode& node) {
  Defaults defaults;
  if (!CheckKeys(context, node, "defaults", kDefaultsKeys)) return defaults;
  const auto number = [&](std::string_view key, std::int64_t min, std::int64_t max, std::uint32_t& out) {
    if (const YamlNode* value = Get(node, key)) {
      out = static_cast<std::uint32_t>(ReadInteger(context, key, *value, min, max).value_or(out));
    }
  };
  if (const YamlNode* within = Get(node, "within"))
    defaults.within = ReadDuration(context, "within", *within).value_or(defaults.within);
  if (const YamlNode* deadline = Get(node, "deadline")) {
    defaults.deadline = ReadDuration(context, "deadline", *deadline).value_or(defaults.deadline);
  }
  if (const YamlNode* phases = Get(node, "phases")) ParsePhases(context, *phases, defaults.phases);
  number("retries", 0, 5, defaults.retries);
  number("priority", 1, 9, defaults.priority);
  constexpr std::array<std::string_view, 3> kUnexpected{"ignore", "warn", "fail"};
  if (const YamlNode* unexpected = Get(node, "unexpected")) {
    const std::string word = ReadWord(context, "unexpected", *unexpected, kUnexpected).value_or("ignore");
    defaults.unexpected = word == "fail" ? Unexpected::kFail : word == "warn" ? Unexpected::kWarn : Unexpected::kIgnore;
  }
  const YamlNode* inbox = Get(node, "inbox");
  if (inbox != nullptr && CheckKeys(context, *inbox, "inbox", kInboxKeys)) {
    if (const YamlNode* frames = Get(*inbox, "max_frames")) {
      defaults.inbox.max_frames =
          static_cast<std::uint32_t>(ReadInteger(context, "max_frames", *frames, 1, 1'000'000).value_or(1000));
    }
    if (const YamlNode* bytes = Get(*inbox, "max_bytes")) {
      defaults.inbox.max_bytes = ReadSize(context, "max_bytes", *bytes).value_or(defaults.inbox.max_bytes);
    }
  }
  return defaults;
}

Regions ParseRegions(ParseContext& context, const YamlNode& node) {
  Regions regions;
  if (!CheckKeys(context, node, "regions", kRegionKeys)) return regions;
  if (const YamlNode* include = Get(node, "include")) regions.include = ReadTextList(context, "include", *include);
  const YamlNode* require = Get(node, "require");
  if (require == nullptr) return regions;
  if (require->is_scalar() && require->text == "all") return regions;
  if (require->is_scalar() && require->text == "any") {
    regions.require = 1;
  } else if (const auto number = ReadInteger(context, "require", *require, 1, 1000)) {
    regions.require = static_cast<std::uint32_t>(*number);
  }
  return regions;
}

EvidenceSpec ParseEvidence(ParseContext& context, const YamlNode& node, Unsupported& unsupported) {
  EvidenceSpec evidence;
  if (!CheckKeys(context, node, "evidence", kEvidenceKeys)) return evidence;
  constexpr std::array<std::string_view, 2> kTraces{"w3c", "none"};
  if (const YamlNode* trace = Get(node, "trace"))
    evidence.trace = ReadWord(context, "trace", *trace, kTraces) != "none";
  if (const YamlNode* headers = Get(node, "headers")) evidence.headers = ReadTextList(context, "headers", *headers);
  if (const YamlNode* redact = Get(node, "redact")) evidence.redact = ReadTextList(context, "redact", *redact);
  if (const auto* logs = node.Find("logs")) unsupported.push_back({"evidence.logs", logs->key_range});
  return evidence;
}

std::vector<std::string> ParseTags(ParseContext& context, const YamlNode& node) {
  std::vector<std::string> tags = ReadTextList(context, "tags", node);
  for (std::size_t i = 0; i < tags.size() && i < node.elements.size(); ++i) {
    if (tags[i].find_first_of(" ${}") != std::string::npos) {
      context.diagnostics.Error(node.elements[i].range,
                                fmt::format("tags: expected letters, digits, _ . -, found \"{}\"", tags[i]));
    }
  }
  return tags;
}

void ParseMatrix(ParseContext& context, const YamlNode& node, Scenario& scenario) {
  std::size_t cells = 1;
  if (!node.is_mapping() || node.entries.empty()) {
    context.diagnostics.Error(
        node.range, fmt::format("matrix: expected a mapping of names to lists, found {}", DescribeNode(node)));
    return;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    CheckVariableName(context, entry.key, entry.key_range);
    if (!entry.value.is_sequence() || entry.value.elements.empty()) {
      context.diagnostics.Error(entry.value.range, fmt::format("{}: expected a list of values", entry.key));
      continue;
    }
    std::vector<boost::json::value> values;
    for (const YamlNode& element : entry.value.elements) {
      const TemplateValue value = ReadValue(context, element);
      if (const auto* constant = std::get_if<boost::json::value>(&value.value)) {
        values.push_back(*constant);
      } else {
        context.diagnostics.Error(element.range, fmt::format("matrix: {} is not allowed here", element.text));
      }
    }
    cells *= std::max<std::size_t>(1, values.size());
    scenario.matrix.emplace_back(entry.key, std::move(values));
  }
  if (cells > 100)
    context.diagnostics.Error(node.range, fmt::format("matrix: {} combinations; the limit is 100", cells));
}

Scenario ParseScenario(ParseContext& context, const YamlNode& node, const Suite& suite, Unsupported& unsupported) {
  Scenario scenario;
  scenario.range = node.range;
  scenario.priority = suite.defaults.priority;
  scenario.retries = suite.defaults.retries;
  scenario.deadline = suite.defaults.deadline;
  scenario.tags = suite.tags;
  if (!CheckKeys(context, node, "scenario", kScenarioKeys)) return scenario;
  scenario.name = ReadName(context, node);
  const auto number = [&](std::string_view key, std::int64_t min, std::int64_t max, std::uint32_t& out) {
    if (const YamlNode* value = Get(node, key)) {
      out = static_cast<std::uint32_t>(ReadInteger(context, key, *value, min, max).value_or(out));
    }
  };
  if (const YamlNode* tags = Get(node, "tags")) {
    for (std::string& tag : ParseTags(context, *tags)) scenario.tags.push_back(std::move(tag));
  }
  number("priority", 1, 9, scenario.priority);
  number("retries", 0, 5, scenario.retries);
  number("concurrent", 1, 10'000, scenario.concurrent);
  number("weight", 1, 1'000'000, scenario.weight);
  if (const YamlNode* deadline = Get(node, "deadline")) {
    scenario.deadline = ReadDuration(context, "deadline", *deadline).value_or(scenario.deadline);
  }
  if (const YamlNode* requirements = Get(node, "requires"))
    scenario.requirements = ParseRequires(context, *requirements);
  if (const YamlNode* skip = Get(node, "skip")) scenario.skip = ReadText(context, "skip", *skip);
  if (const YamlNode* matrix = Get(node, "matrix")) ParseMatrix(context, *matrix, scenario);
  if (const YamlNode* steps = Get(node, "steps")) {
    scenario.steps = ParseSteps(context, *steps, unsupported);
  } else {
    context.diagnostics.Error(node.range, "\"steps\" is missing");
  }
  return scenario;
}

void ParseScenarios(ParseContext& context, const YamlNode& root, Suite& suite) {
  const auto* scenarios = root.Find("scenarios");
  const auto* files = root.Find("files");
  if (scenarios != nullptr && files != nullptr) {
    context.diagnostics.Error(files->key_range, "a suite has scenarios or files, not both");
    return;
  }
  if (files != nullptr) {
    ReadTextList(context, "files", files->value);
    suite.not_in_this_version.push_back({"files", files->key_range});
    return;
  }
  if (scenarios == nullptr) {
    context.diagnostics.Error(root.range, "\"scenarios\" is missing");
    return;
  }
  if (!scenarios->value.is_sequence() || scenarios->value.elements.empty()) {
    context.diagnostics.Error(scenarios->value.range,
                              fmt::format("scenarios: expected a list, found {}", DescribeNode(scenarios->value)));
    return;
  }
  for (const YamlNode& element : scenarios->value.elements) {
    Unsupported unsupported;
    Scenario scenario = ParseScenario(context, element, suite, unsupported);
    scenario.not_in_this_version = std::move(unsupported);
    suite.scenarios.push_back(std::move(scenario));
  }
}

void CheckLaterKeys(ParseContext& context, const YamlNode& root, Suite& suite) {
  for (const std::string_view key : {"load", "data", "thresholds"}) {
    if (const auto* entry = root.Find(key)) suite.not_in_this_version.push_back({std::string(key), entry->key_range});
  }
  if (const YamlNode* load = Get(root, "load")) CheckLoad(context, *load);
  if (const YamlNode* thresholds = Get(root, "thresholds")) CheckThresholds(context, *thresholds);
  const YamlNode* data = Get(root, "data");
  if (data == nullptr || !CheckKeys(context, *data, "data", kDataKeys)) return;
  constexpr std::array<std::string_view, 3> kUses{"once", "cycle", "random"};
  if (const YamlNode* use = Get(*data, "use")) ReadWord(context, "use", *use, kUses);
  suite.has_data = true;
}

}  // namespace

std::optional<Suite> ParseSuite(ParseContext& context, const YamlNode& root) {
  if (!CheckKeys(context, root, "suite", kSuiteKeys)) return std::nullopt;
  Suite suite;
  suite.file = context.file;
  suite.range = root.range;
  const YamlNode* version = Get(root, "version");
  if (version == nullptr) {
    context.diagnostics.Error(root.range, "\"version\" is missing; write version: wsfleet/v1");
  } else if (!version->is_scalar() || version->text != "wsfleet/v1") {
    context.diagnostics.Error(version->range,
                              fmt::format("version: expected wsfleet/v1, found {}", DescribeNode(*version)));
  }
  suite.name = ReadName(context, root);
  if (const YamlNode* tags = Get(root, "tags")) suite.tags = ParseTags(context, *tags);
  if (const YamlNode* vars = Get(root, "vars")) suite.vars = ParseVars(context, *vars);
  if (const YamlNode* auth = Get(root, "auth"))
    suite.credentials = ParseCredentials(context, *auth, suite.not_in_this_version);
  if (const YamlNode* requirements = Get(root, "requires")) suite.requirements = ParseRequires(context, *requirements);
  if (const YamlNode* defaults = Get(root, "defaults")) suite.defaults = ParseDefaults(context, *defaults);
  if (const YamlNode* regions = Get(root, "regions")) suite.regions = ParseRegions(context, *regions);
  if (const YamlNode* deadline = Get(root, "deadline")) suite.deadline = ReadDuration(context, "deadline", *deadline);
  if (const YamlNode* evidence = Get(root, "evidence"))
    suite.evidence = ParseEvidence(context, *evidence, suite.not_in_this_version);
  if (const YamlNode* stop = Get(root, "stop_on_failure")) {
    const auto tier = ReadInteger(context, "stop_on_failure", *stop, 1, 9);
    if (tier) suite.stop_on_failure = static_cast<std::uint32_t>(*tier);
  }
  const YamlNode* revision = Get(root, "revision");
  if (revision != nullptr && CheckKeys(context, *revision, "revision", kRevisionKeys)) {
    const YamlNode* http = Get(*revision, "http");
    const YamlNode* from = Get(*revision, "from");
    if (http == nullptr || from == nullptr) {
      context.diagnostics.Error(revision->range, "revision: expected http and from");
    } else {
      HttpRequest request = ParseHttp(context, *http);
      auto source = ParseSource(context, "from", *from, true);
      if (source) suite.revision = Revision{std::move(request), *std::move(source)};
    }
  }
  ParseTargets(context, root, suite);
  CheckLaterKeys(context, root, suite);
  ParseScenarios(context, root, suite);
  return suite;
}

}  // namespace wsfleet
