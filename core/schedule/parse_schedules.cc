#include "core/schedule/parse_schedules.h"

#include <algorithm>
#include <map>

#include "core/base/text.h"
#include "core/job/term.h"
#include "core/scenario/diagnostics.h"
#include "core/scenario/fields.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_match.h"
#include "core/scenario/parse_scenario.h"
#include "core/scenario/parser.h"
#include "core/scenario/yaml_reader.h"
#include "core/schedule/schedule_keys.h"
#include "core/schedule/zone.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// Of `vars`: what --var would take.
std::optional<std::string> ReadScalar(ParseContext& context, std::string_view key, const YamlNode& node) {
  if (node.is_scalar() && !ScalarValue(node).is_null()) {
    return node.text.find("${") == std::string::npos ? std::optional(node.text) : ReadPlainText(context, key, node);
  }
  context.diagnostics.Error(node.range,
                            fmt::format("{}: expected a text or a number, found {}", key, DescribeNode(node)));
  return std::nullopt;
}

class RunReader {
 public:
  RunReader(ParseContext& context, const YamlNode& node) : context_(context), node_(node) {}

  ScheduleText::Run Read() {
    if (!CheckKeys(context_, node_, "run", kTable)) return {};
    RequireKeys(context_, node_, "run", kTable);
    if (const YamlNode* suites = Get(node_, "suites")) run_.suites = ReadTextList(context_, kTable["suites"], *suites);
    if (const YamlNode* from = Get(node_, "from")) ReadTerms(*from);
    if (const YamlNode* require = Get(node_, "require")) ReadRequire(*require);
    if (const YamlNode* tags = Get(node_, "tags")) run_.tags = ParseTags(context_, *tags);
    if (const YamlNode* grep = Get(node_, "grep")) {
      run_.grep = ReadPlainText(context_, "grep", *grep).value_or("");
      ParseRegex(context_, "grep", run_.grep, grep->range);
    }
    if (const YamlNode* priority = Get(node_, "priority")) run_.max_priority = ReadNumber("priority", *priority);
    if (const YamlNode* repeat = Get(node_, "repeat")) run_.repeat = ReadNumber("repeat", *repeat).value_or(1);
    if (const YamlNode* vars = Get(node_, "vars")) ReadVars(*vars);
    if (const YamlNode* file = Get(node_, "env_file")) {
      run_.env_file = ReadPlainText(context_, "env_file", *file).value_or("");
    }
    if (const YamlNode* secrets = Get(node_, "secrets")) ReadSecrets(*secrets);
    if (const YamlNode* wait = Get(node_, "agents_wait")) {
      run_.agents_wait = ReadDuration(context_, kTable["agents_wait"], *wait);
    }
    if (const YamlNode* timeout = Get(node_, "timeout")) {
      run_.timeout = ReadDuration(context_, kTable["timeout"], *timeout);
    }
    return std::move(run_);
  }

 private:
  static constexpr const keys::Table& kTable = keys::kScheduledRun;

  std::optional<std::uint32_t> ReadNumber(std::string_view key, const YamlNode& node) {
    const auto number = ReadInteger(context_, kTable[key], node);
    if (!number) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
  }

  void ReadTerms(const YamlNode& node) {
    run_.from = ReadTextList(context_, kTable["from"], node);
    for (const YamlNode& element : node.elements) {
      if (!element.is_scalar()) continue;
      const auto term = Term::Parse(element.text);
      if (!term.ok())
        context_.diagnostics.Error(element.range, fmt::format("from: {}", ToStd(term.status().message())));
    }
  }

  void ReadRequire(const YamlNode& node) {
    const keys::Words words = kTable["require"].Of(keys::Value::Kind::kWord).words;
    if (node.is_scalar() && std::ranges::find(words, node.text) != words.end()) {
      run_.require = node.text;
    } else if (node.is_scalar() && ScalarValue(node).is_string()) {
      context_.diagnostics.Error(
          node.range, fmt::format("require: expected all, any or a number of regions, found {}", DescribeNode(node)));
    } else if (const auto number = ReadInteger(context_, kTable["require"], node)) {
      run_.require = std::to_string(*number);
    }
  }

  void ReadVars(const YamlNode& node) {
    if (!node.is_mapping()) {
      context_.diagnostics.Error(node.range, fmt::format("vars: expected a mapping, found {}", DescribeNode(node)));
    }
    for (const YamlNode::Entry& entry : node.entries) {
      CheckVariableName(context_, entry.key, entry.key_range);
      if (auto value = ReadScalar(context_, entry.key, entry.value))
        run_.vars.emplace_back(entry.key, *std::move(value));
    }
  }

  void ReadSecrets(const YamlNode& node) {
    if (!node.is_mapping()) {
      context_.diagnostics.Error(
          node.range, fmt::format("secrets: expected names and where their values are, such as {{KEY: env:KEY}}, found "
                                  "{}",
                                  DescribeNode(node)));
    }
    for (const YamlNode::Entry& entry : node.entries) {
      if (!CheckIdentifier(context_, entry)) continue;
      const YamlNode& value = entry.value;
      const std::string_view text = value.is_scalar() ? std::string_view(value.text) : std::string_view();
      if ((text.starts_with("env:") && text.size() > 4) || (text.starts_with("file:") && text.size() > 5)) {
        run_.secrets.emplace_back(entry.key, text);
      } else {
        // What stands there may be the secret: it is not shown.
        context_.diagnostics.Error(value.range,
                                   fmt::format("{}: expected env:VARIABLE or file:PATH; a value in the file "
                                               "would be read by everybody who reads the file",
                                               entry.key));
      }
    }
  }

  ParseContext& context_;
  const YamlNode& node_;
  ScheduleText::Run run_;
};

class ScheduleReader {
 public:
  ScheduleReader(ParseContext& context, const YamlNode& node) : context_(context), node_(node) {}

  ScheduleText Read() {
    out_.range = node_.range;
    if (!CheckKeys(context_, node_, "schedules", kTable)) return out_;
    RequireKeys(context_, node_, "schedule", kTable);
    if (const YamlNode* name = Get(node_, "name")) ReadName(*name);
    if (const YamlNode* description = Get(node_, "description")) {
      out_.spec.description = ReadPlainText(context_, "description", *description).value_or("");
    }
    ReadTiming();
    if (const YamlNode* overlap = Get(node_, "overlap")) {
      const auto word = ReadWord(context_, kTable["overlap"], *overlap);
      if (word) out_.spec.overlap = *ParseOverlapPolicy(*word);
    }
    if (const YamlNode* catch_up = Get(node_, "catch_up")) {
      out_.spec.catch_up = ReadDurationWithin(context_, kTable["catch_up"], *catch_up, ScheduleSpec::kMinCatchUp,
                                              ScheduleSpec::kMaxCatchUp)
                               .value_or(out_.spec.catch_up);
    }
    if (const YamlNode* run = Get(node_, "run")) out_.run = RunReader(context_, *run).Read();
    return std::move(out_);
  }

 private:
  static constexpr const keys::Table& kTable = keys::kSchedule;

  void ReadName(const YamlNode& node) {
    out_.range = node.range;
    const auto name = ReadPlainText(context_, "name", node);
    if (!name) return;
    if (!IsScheduleName(*name)) {
      context_.diagnostics.Error(node.range, fmt::format("name: expected 1 to {} letters, digits, . _ -, found {}",
                                                         kMaxScheduleNameBytes, DescribeNode(node)));
    }
    out_.spec.name = ScheduleName(*name);
  }

  void ReadTiming() {
    const YamlNode* cron = Get(node_, "cron");
    const YamlNode* every = Get(node_, "every");
    if ((cron == nullptr) == (every == nullptr)) {
      context_.diagnostics.Error(node_.range, "a schedule has exactly one of cron, every");
    }
    Timing& timing = out_.spec.timing;
    if (cron != nullptr) ReadCron(*cron);
    if (every != nullptr) {
      timing.every = ReadDurationWithin(context_, kTable["every"], *every, Timing::kMinEvery, Timing::kMaxEvery)
                         .value_or(absl::ZeroDuration());
    }
    if (const YamlNode* zone = Get(node_, "zone")) ReadZone(*zone, cron != nullptr);
    if (const YamlNode* jitter = Get(node_, "jitter")) {
      const absl::Duration most =
          timing.every == absl::ZeroDuration() ? Timing::kMaxJitter : std::min(timing.every, Timing::kMaxJitter);
      timing.jitter = ReadDurationWithin(context_, kTable["jitter"], *jitter, absl::ZeroDuration(), most)
                          .value_or(absl::ZeroDuration());
    }
  }

  void ReadCron(const YamlNode& node) {
    const auto text = ReadPlainText(context_, "cron", node);
    if (!text) return;
    out_.spec.timing.cron = *text;
    CronExpression::Mistake mistake;
    if (CronExpression::Parse(*text, &mistake).ok()) return;
    SourceRange range = node.range;
    range.column += static_cast<std::uint32_t>(mistake.offset);
    range.length = static_cast<std::uint32_t>(mistake.length);
    context_.diagnostics.Error(range, fmt::format("cron: {}", mistake.message));
  }

  void ReadZone(const YamlNode& node, bool has_cron) {
    const auto text = ReadPlainText(context_, "zone", node);
    if (!text) return;
    if (!has_cron) context_.diagnostics.Error(node.range, "zone: it is that of cron, and there is none");
    // A client may be without the database; what the coordinator has is what counts.
    const auto zone = FindZone(*text);
    const bool known = zone.ok() || std::ranges::find(KnownZones(), *text) != KnownZones().end();
    if (!known) context_.diagnostics.Error(node.range, std::string(ToStd(zone.status().message())));
    out_.spec.timing.zone = *text;
  }

  ParseContext& context_;
  const YamlNode& node_;
  ScheduleText out_;
};

std::vector<ScheduleText> ReadSchedules(ParseContext& context, const YamlNode& root) {
  if (root.is_mapping() && root.Find("schedules") == nullptr &&
      (root.Find("scenarios") != nullptr || root.Find("files") != nullptr)) {
    context.diagnostics.Error(root.range,
                              "this is a suite; a file of schedules names it: schedules: [{run: {suites: "
                              "[…]}, …}]");
    return {};
  }
  if (!CheckKeys(context, root, "the file", keys::kSchedules)) return {};
  RequireKeys(context, root, "the file", keys::kSchedules);
  CheckVersion(context, root);
  const YamlNode* list = Get(root, "schedules");
  if (list == nullptr) return {};
  const auto most = keys::kSchedules["schedules"].value.max;
  if (!list->is_sequence() || std::ssize(list->elements) > most) {
    context.diagnostics.Error(
        list->range, fmt::format("schedules: expected a list of at most {}, found {}", most,
                                 list->is_sequence() ? std::to_string(list->elements.size()) : DescribeNode(*list)));
    return {};
  }
  std::vector<ScheduleText> schedules;
  std::map<ScheduleName, SourceRange> names;
  for (const YamlNode& element : list->elements) {
    ScheduleText schedule = ScheduleReader(context, element).Read();
    const auto [known, is_new] = names.emplace(schedule.spec.name, schedule.range);
    if (!is_new && !schedule.spec.name.empty()) {
      context.diagnostics.Error(schedule.range, fmt::format("name: \"{}\" is the name of another schedule, in line {}",
                                                            schedule.spec.name.value(), known->second.line));
    }
    schedules.push_back(std::move(schedule));
  }
  return schedules;
}

}  // namespace

SchedulesResult ParseSchedules(const std::string& file, const std::string& text) {
  SchedulesResult result;
  Diagnostics diagnostics;
  const SourceFiles files{{file, text}};
  if (const auto root = ReadYaml(file, text, diagnostics, "version, schedules")) {
    ParseContext context{file, files, diagnostics};
    result.schedules = ReadSchedules(context, *root);
  }
  if (diagnostics.has_errors()) result.schedules.clear();
  result.diagnostics = diagnostics.Sorted(kMaxDiagnostics);
  return result;
}

}  // namespace wsfleet
