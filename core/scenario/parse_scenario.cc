#include "core/scenario/parse_scenario.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/scenario/keys.h"
#include "core/scenario/parse_step.h"
#include "core/scenario/parse_target.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxName = keys::kTitle.max;
constexpr std::size_t kMaxTags = keys::kTags.max;
constexpr std::size_t kMaxScenarios = keys::kScenarios.max;
constexpr std::size_t kMaxCells = 100;
constexpr std::size_t kTooManyCells = kMaxCells + 1;

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
    std::vector<TemplateValue> values;
    std::set<std::string> names;
    for (const YamlNode& element : entry.value.elements) {
      TemplateValue value = ReadValue(context, element);
      const auto* constant = std::get_if<boost::json::value>(&value.value);
      if (constant != nullptr && !names.insert(ValueAsText(*constant)).second) {
        context.diagnostics.Error(element.range,
                                  fmt::format("matrix: {} stands twice in {}", DescribeNode(element), entry.key));
      }
      values.push_back(std::move(value));
    }
    cells = std::min(kTooManyCells, cells * std::max<std::size_t>(1, std::min(values.size(), kTooManyCells)));
    scenario.matrix.emplace_back(entry.key, std::move(values));
  }
  if (cells > kMaxCells) {
    context.diagnostics.Error(node.range, fmt::format("matrix: more than {} combinations", kMaxCells));
  }
}

Scenario ParseScenario(ParseContext& context, const YamlNode& node, const Suite& suite) {
  Scenario scenario;
  scenario.range = node.range;
  scenario.priority = suite.defaults.priority;
  scenario.retries = suite.defaults.retries;
  scenario.deadline = suite.defaults.deadline;
  scenario.tags = suite.tags;
  if (!CheckKeys(context, node, "scenario", keys::kScenario)) return scenario;
  scenario.name = ReadName(context, node);
  const auto number = [&](std::string_view key, std::uint32_t& out) {
    if (const YamlNode* value = Get(node, key)) {
      out = static_cast<std::uint32_t>(ReadInteger(context, keys::kScenario[key], *value).value_or(out));
    }
  };
  if (const YamlNode* tags = Get(node, "tags")) {
    for (std::string& tag : ParseTags(context, *tags)) scenario.tags.push_back(std::move(tag));
  }
  number("priority", scenario.priority);
  number("retries", scenario.retries);
  number("concurrent", scenario.concurrent);
  number("weight", scenario.weight);
  if (const YamlNode* deadline = Get(node, "deadline")) {
    scenario.deadline = ReadDuration(context, keys::kScenario["deadline"], *deadline).value_or(scenario.deadline);
  }
  if (const YamlNode* requirements = Get(node, "requires"))
    scenario.requirements = ParseRequires(context, *requirements);
  if (const YamlNode* skip = Get(node, "skip")) scenario.skip = ReadPlainText(context, "skip", *skip);
  if (const YamlNode* matrix = Get(node, "matrix")) ParseMatrix(context, *matrix, scenario);
  if (const YamlNode* steps = Get(node, "steps")) {
    scenario.steps = ParseSteps(context, *steps);
  } else {
    context.diagnostics.Error(node.range, "\"steps\" is missing");
  }
  return scenario;
}

}  // namespace

std::string ReadName(ParseContext& context, const YamlNode& node) {
  const YamlNode* name = Get(node, "name");
  if (name == nullptr) {
    context.diagnostics.Error(node.range, "\"name\" is missing");
    return {};
  }
  const auto plain = ReadPlainText(context, "name", *name);
  if (!plain) return {};
  const std::string& text = *plain;
  if (const std::size_t characters = CountCharacters(text); characters == 0 || characters > kMaxName) {
    context.diagnostics.Error(name->range,
                              fmt::format("name: expected 1 to {} characters, found {}", kMaxName, characters));
  }
  return text;
}

std::vector<std::string> ParseTags(ParseContext& context, const YamlNode& node) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const auto is_tag = [&](std::string_view text) {
    return !text.empty() && kFirst.find(text.front()) != std::string_view::npos &&
           std::ranges::all_of(text, [&](char c) {
             return kFirst.find(c) != std::string_view::npos || c == '_' || c == '.' || c == '-';
           });
  };
  std::vector<std::string> tags;
  if (!node.is_sequence() || node.elements.size() > kMaxTags) {
    context.diagnostics.Error(
        node.range, fmt::format("tags: expected a list of at most {}, found {}", kMaxTags, DescribeNode(node)));
    return tags;
  }
  for (const YamlNode& element : node.elements) {
    auto tag = ReadPlainText(context, "tags", element);
    if (!tag) continue;
    if (is_tag(*tag)) {
      tags.push_back(*std::move(tag));
    } else {
      context.diagnostics.Error(element.range,
                                fmt::format("tags: expected letters, digits, _ . -, found {}", DescribeNode(element)));
    }
  }
  return tags;
}

void ParseScenarios(ParseContext& context, const YamlNode& root, Suite& suite) {
  const YamlNode* scenarios = Get(root, "scenarios");
  if (scenarios == nullptr) {
    context.diagnostics.Error(root.range, "\"scenarios\" is missing");
    return;
  }
  if (!scenarios->is_sequence() || scenarios->elements.empty() || scenarios->elements.size() > kMaxScenarios) {
    context.diagnostics.Error(scenarios->range, fmt::format("scenarios: expected a list of 1 to {}, found {}",
                                                            kMaxScenarios, DescribeNode(*scenarios)));
    return;
  }
  for (const YamlNode& element : scenarios->elements) {
    const std::size_t errors = context.diagnostics.errors();
    suite.scenarios.push_back(ParseScenario(context, element, suite));
    if (context.diagnostics.errors() != errors) context.gaps.scenarios.insert(suite.scenarios.size() - 1);
  }
}

}  // namespace wsfleet
