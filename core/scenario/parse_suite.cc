#include "core/scenario/parse_suite.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/base/text.h"
#include "core/scenario/bundle_file.h"
#include "core/scenario/check_shape.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_connection.h"
#include "core/scenario/parse_load.h"
#include "core/scenario/parse_match.h"
#include "core/scenario/parse_scenario.h"
#include "core/scenario/parse_target.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

void ParsePhases(ParseContext& context, const YamlNode& node, PhaseCaps& caps) {
  if (!CheckKeys(context, node, "phases", keys::kPhases)) return;
  for (const auto& [key, out] : {std::pair("resolve", &caps.resolve),
                                 {"connect", &caps.connect},
                                 {"tls", &caps.tls},
                                 {"upgrade", &caps.upgrade},
                                 {"close", &caps.close}}) {
    if (const YamlNode* value = Get(node, key)) *out = ReadDuration(context, keys::kPhases[key], *value).value_or(*out);
  }
}

Defaults ParseDefaults(ParseContext& context, const YamlNode& node) {
  Defaults defaults;
  if (!CheckKeys(context, node, "defaults", keys::kDefaults)) return defaults;
  const auto number = [&](std::string_view key, std::uint32_t& out) {
    if (const YamlNode* value = Get(node, key)) {
      out = static_cast<std::uint32_t>(ReadInteger(context, keys::kDefaults[key], *value).value_or(out));
    }
  };
  if (const YamlNode* within = Get(node, "within"))
    defaults.within = ReadDuration(context, keys::kDefaults["within"], *within).value_or(defaults.within);
  if (const YamlNode* deadline = Get(node, "deadline")) {
    defaults.deadline = ReadDuration(context, keys::kDefaults["deadline"], *deadline).value_or(defaults.deadline);
  }
  if (const YamlNode* phases = Get(node, "phases")) ParsePhases(context, *phases, defaults.phases);
  number("retries", defaults.retries);
  number("priority", defaults.priority);
  if (const YamlNode* unexpected = Get(node, "unexpected")) {
    const std::string word = ReadWord(context, keys::kDefaults["unexpected"], *unexpected).value_or("ignore");
    defaults.unexpected = word == "fail" ? Unexpected::kFail : word == "warn" ? Unexpected::kWarn : Unexpected::kIgnore;
  }
  const YamlNode* inbox = Get(node, "inbox");
  if (inbox != nullptr && CheckKeys(context, *inbox, "inbox", keys::kInbox)) {
    if (const YamlNode* frames = Get(*inbox, "max_frames")) {
      defaults.inbox.max_frames =
          static_cast<std::uint32_t>(ReadInteger(context, keys::kInbox["max_frames"], *frames).value_or(1000));
    }
    if (const YamlNode* bytes = Get(*inbox, "max_bytes")) {
      defaults.inbox.max_bytes = ReadSize(context, "max_bytes", *bytes).value_or(defaults.inbox.max_bytes);
      if (defaults.inbox.max_bytes > kMaxInboxBytes) {
        context.diagnostics.Error(bytes->range, fmt::format("max_bytes: expected at most {}MiB, found {}",
                                                            kMaxInboxBytes >> 20, DescribeNode(*bytes)));
      }
    }
  }
  return defaults;
}

Regions ParseRegions(ParseContext& context, const YamlNode& node) {
  Regions regions;
  if (!CheckKeys(context, node, "regions", keys::kRegions)) return regions;
  if (const YamlNode* include = Get(node, "include")) regions.include = ReadTextList(context, "include", *include);
  const YamlNode* require = Get(node, "require");
  if (require == nullptr) return regions;
  if (require->is_scalar() && require->text == "all") return regions;
  if (require->is_scalar() && require->text == "any") {
    regions.require = 1;
  } else if (const auto number = ReadInteger(context, keys::kRegions["require"], *require)) {
    regions.require = static_cast<std::uint32_t>(*number);
  }
  return regions;
}

std::vector<LogSource> ParseLogs(ParseContext& context, const YamlNode& node) {
  std::vector<LogSource> logs;
  if (!node.is_sequence() || node.elements.size() > kMaxLogSources) {
    context.diagnostics.Error(
        node.range, fmt::format("logs: expected a list of at most {}, found {}", kMaxLogSources, DescribeNode(node)));
    return logs;
  }
  for (const YamlNode& element : node.elements) {
    if (!CheckKeys(context, element, "logs", keys::kLogs)) continue;
    LogSource& source = logs.emplace_back();
    source.range = element.range;
    const YamlNode* http = Get(element, "http");
    const YamlNode* file = Get(element, "file");
    const YamlNode* loki = Get(element, "loki");
    const YamlNode* query = Get(element, "query");
    if ((http != nullptr) + (file != nullptr) + (loki != nullptr) != 1) {
      context.diagnostics.Error(element.range, "logs: expected exactly one of http, file, loki");
    } else if ((loki != nullptr) != (query != nullptr)) {
      context.diagnostics.Error(element.range, "logs: loki and query go together");
    }
    const auto read = [&](std::string_view key, const YamlNode* text, Template& into) {
      if (text != nullptr) into = ReadTemplate(context, key, *text);
    };
    if (http != nullptr) source.http = ParseHttp(context, *http);
    read("file", file, source.file);
    read("loki", loki, source.loki);
    read("query", query, source.query);
  }
  return logs;
}

EvidenceSpec ParseEvidence(ParseContext& context, const YamlNode& node) {
  EvidenceSpec evidence;
  if (!CheckKeys(context, node, "evidence", keys::kEvidence)) return evidence;
  if (const YamlNode* trace = Get(node, "trace"))
    evidence.trace = ReadWord(context, keys::kEvidence["trace"], *trace) != "none";
  if (const YamlNode* headers = Get(node, "headers")) evidence.headers = ReadTextList(context, "headers", *headers);
  if (const YamlNode* redact = Get(node, "redact")) {
    evidence.redact = ReadTextList(context, "redact", *redact);
    for (const YamlNode& element : redact->elements) {
      if (element.is_scalar()) ParseRegex(context, "redact", element.text, element.range);
    }
  }
  if (const auto* logs = node.Find("logs")) {
    evidence.logs = ParseLogs(context, logs->value);
  }
  return evidence;
}

DataUse ReadUse(ParseContext& context, const YamlNode& node) {
  const auto word = ReadWord(context, keys::kData["use"], node);
  if (word == "cycle") return DataUse::kCycle;
  return word == "random" ? DataUse::kRandom : DataUse::kOnce;
}

void ParseData(ParseContext& context, const YamlNode& node, Suite& suite) {
  if (!CheckKeys(context, node, "data", keys::kData)) return;
  const YamlNode* use = Get(node, "use");
  const DataUse how = use == nullptr ? DataUse::kOnce : ReadUse(context, *use);
  const YamlNode* file = Get(node, "file");
  if (file == nullptr) {
    context.diagnostics.Error(node.range, "data: \"file\" is missing");
    return;
  }
  const auto path = ReadPlainText(context, "file", *file);
  if (!path) return;
  if (!path->ends_with(".csv") && !path->ends_with(".jsonl")) {
    context.diagnostics.Error(file->range, fmt::format("file: expected .csv or .jsonl, found {}", DescribeNode(*file)));
    return;
  }
  const std::string* content = FindFile(context, "file", *path, file->range);
  if (content == nullptr) return;
  auto table = DataTable::Read(*path, *content, how);
  if (!table.ok()) {
    context.diagnostics.Error(file->range, fmt::format("file: {}", ToStd(table.status().message())));
    return;
  }
  suite.data = std::make_shared<const DataTable>(*std::move(table));
}

void ParseRevision(ParseContext& context, const YamlNode& node, Suite& suite) {
  if (!CheckKeys(context, node, "revision", keys::kRevision)) return;
  const YamlNode* http = Get(node, "http");
  const YamlNode* from = Get(node, "from");
  if (http == nullptr || from == nullptr) {
    context.diagnostics.Error(node.range, "revision: expected http and from");
    return;
  }
  HttpRequest request = ParseHttp(context, *http);
  auto source = ParseSource(context, "from", *from, true);
  if (source) suite.revision = Revision{std::move(request), *std::move(source)};
}

}  // namespace

std::optional<Suite> ParseSuite(ParseContext& context, const YamlNode& root) {
  if (const auto* schedules = root.Find("schedules")) {
    context.diagnostics.Error(schedules->key_range,
                              "this is a file of schedules, not a suite: wsfleet schedules apply -f FILE");
    return std::nullopt;
  }
  const std::size_t before = context.diagnostics.errors();
  if (!CheckKeys(context, root, "suite", keys::kSuite)) return std::nullopt;
  Suite suite;
  suite.file = context.file;
  suite.range = root.range;
  RequireVersion(context, root);
  suite.name = ReadName(context, root);
  if (const YamlNode* tags = Get(root, "tags")) suite.tags = ParseTags(context, *tags);
  if (const YamlNode* auth = Get(root, "auth")) {
    suite.credentials = ParseCredentials(context, *auth);
    // One that is wrong inside of it has its name all the same.
    context.gaps.names = !auth->is_mapping() || suite.credentials.size() != auth->entries.size();
  }
  const std::size_t errors = context.diagnostics.errors();
  if (const YamlNode* vars = Get(root, "vars")) suite.vars = ParseVars(context, *vars);
  if (const YamlNode* requirements = Get(root, "requires")) suite.requirements = ParseRequires(context, *requirements);
  if (const YamlNode* defaults = Get(root, "defaults")) suite.defaults = ParseDefaults(context, *defaults);
  if (const YamlNode* regions = Get(root, "regions")) suite.regions = ParseRegions(context, *regions);
  if (const YamlNode* deadline = Get(root, "deadline"))
    suite.deadline = ReadDuration(context, keys::kSuite["deadline"], *deadline);
  if (const YamlNode* evidence = Get(root, "evidence")) suite.evidence = ParseEvidence(context, *evidence);
  if (const YamlNode* stop = Get(root, "stop_on_failure")) {
    const auto tier = ReadInteger(context, keys::kSuite["stop_on_failure"], *stop);
    if (tier) suite.stop_on_failure = static_cast<std::uint32_t>(*tier);
  }
  if (const YamlNode* revision = Get(root, "revision")) ParseRevision(context, *revision, suite);
  if (const YamlNode* data = Get(root, "data")) ParseData(context, *data, suite);
  const auto* thresholds = root.Find("thresholds");
  if (const auto* load = root.Find("load")) {
    context.unsupported.push_back({"load", load->key_range});
    CheckLoad(context, load->value, thresholds != nullptr);
  }
  if (thresholds != nullptr) {
    context.unsupported.push_back({"thresholds", thresholds->key_range});
    CheckThresholds(context, thresholds->value);
  }
  ParseTargets(context, root, suite);
  context.gaps.names = context.gaps.names || context.diagnostics.errors() != errors;
  ParseScenarios(context, root, suite);
  suite.not_in_this_version = std::move(context.unsupported);
  if (context.diagnostics.errors() == before) CheckShape(root, keys::kSuite, context.diagnostics);
  return suite;
}

}  // namespace wsfleet
