#include "core/policy/fleet_policy.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/text.h"
#include "core/policy/budget.h"
#include "core/policy/policy_keys.h"
#include "core/scenario/fields.h"
#include "core/scenario/parser.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet {
namespace {

constexpr std::uint64_t kKibi = 1024, kMebi = 1024 * 1024;

class FleetPolicyReader {
 public:
  explicit FleetPolicyReader(ParseContext& context) : context_(context) {}

  FleetPolicy Read(const YamlNode& root) {
    FleetPolicy policy;
    if (!CheckKeys(context_, root, "the policy", keys::kFleetPolicy)) return policy;
    RequireKeys(context_, root, "the policy", keys::kFleetPolicy);
    CheckVersion(context_, root);
    if (const YamlNode* targets = Get(root, "targets")) policy.targets = ReadTargets(*targets);
    if (const YamlNode* limits = Get(root, "limits")) policy.limits = ReadLimits(*limits);
    return policy;
  }

 private:
  TargetPolicy ReadTargets(const YamlNode& node) {
    TargetPolicy targets;
    if (!node.is_sequence()) {
      targets.any = node.is_scalar() && node.text == "any";
      if (!targets.any) {
        context_.diagnostics.Error(
            node.range, fmt::format("targets: expected any, or a list such as [{{host: chat.example.com}}], found {}",
                                    DescribeNode(node)));
      }
      return targets;
    }
    if (!CheckSize(keys::kFleetPolicy["targets"].Of(keys::Value::Kind::kList), "targets", node)) return targets;
    for (const YamlNode& element : node.elements) targets.allowed.push_back(ReadAllowed(element));
    return targets;
  }

  AllowedTarget ReadAllowed(const YamlNode& node) {
    constexpr const keys::Table& table = keys::kAllowedTarget;
    AllowedTarget entry;
    if (!CheckKeys(context_, node, "targets", table)) return entry;
    RequireKeys(context_, node, "target", table);
    if (const YamlNode* host = Get(node, "host")) entry.host = ReadHost(*host);
    if (const YamlNode* ports = Get(node, "ports")) entry.ports = ReadPorts(*ports);
    if (const YamlNode* ranges = Get(node, "special_addresses")) entry.special_addresses = ReadRanges(*ranges);
    if (const YamlNode* budget = Get(node, "budget")) entry.budget = ReadBudget(*budget);
    return entry;
  }

  std::optional<Budget> ReadBudget(const YamlNode& node) {
    constexpr const keys::Table& table = keys::kBudget;
    if (!CheckKeys(context_, node, "budget", table)) return std::nullopt;
    RequireKeys(context_, node, "budget", table);
    Budget budget;
    if (const YamlNode* name = Get(node, "name")) budget.name = ReadBudgetName(*name);
    for (const auto& [key, limit] :
         {std::pair("connections", &budget.connections), {"sessions_per_second", &budget.sessions_per_second}}) {
      const YamlNode* found = Get(node, key);
      if (found == nullptr) continue;
      if (const auto number = ReadInteger(context_, table[key], *found)) *limit = static_cast<std::uint32_t>(*number);
    }
    CheckAlike(budget, node);
    return budget;
  }

  BudgetName ReadBudgetName(const YamlNode& node) {
    const auto text = ReadPlainText(context_, "name", node);
    if (!text || IsBudgetName(*text)) return BudgetName(text.value_or(""));
    context_.diagnostics.Error(node.range,
                               fmt::format("name: expected at most {} lower-case letters, digits, '.', '_' and '-', "
                                           "such as chat, found {}",
                                           kMaxBudgetNameBytes, DescribeNode(node)));
    return {};
  }

  // A budget is one, however many entries name it.
  void CheckAlike(const Budget& budget, const YamlNode& node) {
    const Budget& first = budgets_.emplace(budget.name, budget).first->second;
    if (first != budget) {
      context_.diagnostics.Error(
          node.range, fmt::format("budget {}: an entry before says connections: {} and sessions_per_second: {}; say "
                                  "the same, or take another name",
                                  budget.name.value(), first.connections, first.sessions_per_second));
    }
    if (budgets_.size() == TargetPolicy::kMaxBudgets + 1) {
      context_.diagnostics.Error(node.range, fmt::format("budget: expected at most {} names, found another, {}",
                                                         TargetPolicy::kMaxBudgets, budget.name.value()));
    }
  }

  bool CheckSize(const keys::Value& list, std::string_view key, const YamlNode& node) {
    const std::int64_t size = node.is_sequence() ? std::ssize(node.elements) : -1;
    if (size >= list.min && size <= list.max) return true;
    context_.diagnostics.Error(node.range, fmt::format("{}: expected a list of {} to {}, found {}", key, list.min,
                                                       list.max, size < 0 ? DescribeNode(node) : std::to_string(size)));
    return false;
  }

  std::string ReadHost(const YamlNode& node) {
    const auto text = ReadPlainText(context_, "host", node);
    if (!text) return {};
    auto host = ReadHostPattern(*text);
    if (host.ok()) return *std::move(host);
    context_.diagnostics.Error(node.range,
                               fmt::format("host: {}; ports stand under ports", ToStd(host.status().message())));
    return {};
  }

  std::vector<std::uint16_t> ReadPorts(const YamlNode& node) {
    const keys::Value& list = keys::kAllowedTarget["ports"].value;
    std::vector<std::uint16_t> ports;
    if (!CheckSize(list, "ports", node)) return ports;
    const keys::Key one{"ports", *list.element, ""};
    for (const YamlNode& element : node.elements) {
      if (const auto port = ReadInteger(context_, one, element)) ports.push_back(static_cast<std::uint16_t>(*port));
    }
    return ports;
  }

  std::vector<AddressRange> ReadRanges(const YamlNode& node) {
    std::vector<AddressRange> ranges;
    if (!CheckSize(keys::kAllowedTarget["special_addresses"].value, "special_addresses", node)) return ranges;
    for (const YamlNode& element : node.elements) {
      const auto text = ReadPlainText(context_, "special_addresses", element);
      if (!text) continue;
      const auto range = AddressRange::Parse(*text);
      if (range.ok()) {
        ranges.push_back(*range);
      } else {
        context_.diagnostics.Error(element.range,
                                   fmt::format("special_addresses: {}", ToStd(range.status().message())));
      }
    }
    return ranges;
  }

  FleetLimits ReadLimits(const YamlNode& node) {
    constexpr const keys::Table& table = keys::kFleetLimits;
    FleetLimits limits;
    if (!CheckKeys(context_, node, "limits", table)) return limits;
    for (const auto& [key, limit] : {std::pair("open_runs", &limits.open_runs),
                                     {"agents_per_run", &limits.agents_per_run},
                                     {"connections_per_run", &limits.connections_per_run},
                                     {"sessions_per_second", &limits.sessions_per_second}}) {
      const YamlNode* found = Get(node, key);
      if (found == nullptr) continue;
      if (const auto number = ReadInteger(context_, table[key], *found)) *limit = static_cast<std::uint32_t>(*number);
    }
    if (const YamlNode* duration = Get(node, "run_duration")) {
      limits.run_duration = ReadDuration(context_, table["run_duration"], *duration);
    }
    if (const YamlNode* size = Get(node, "bundle_size")) limits.bundle_bytes = ReadSize(context_, "bundle_size", *size);
    return limits;
  }

  ParseContext& context_;
  std::map<BudgetName, Budget> budgets_;  // so far
};

std::string BytesText(std::uint64_t bytes) {
  if (bytes % kMebi == 0) return fmt::format("{}MiB", bytes / kMebi);
  return bytes % kKibi == 0 ? fmt::format("{}KiB", bytes / kKibi) : fmt::format("{}B", bytes);
}

std::string RenderAllowed(const AllowedTarget& entry) {
  // An asterisk or a colon would mean something to YAML.
  std::string out = fmt::format("  - host: \"{}\"\n    ports: [{}]\n", entry.host, fmt::join(entry.ports, ", "));
  std::vector<std::string> ranges;
  for (const AddressRange& range : entry.special_addresses) ranges.push_back(fmt::format("\"{}\"", range.text()));
  if (!ranges.empty()) out += fmt::format("    special_addresses: [{}]\n", fmt::join(ranges, ", "));
  if (entry.budget) {
    // A name may be a number.
    out += fmt::format("    budget: {{name: \"{}\", connections: {}, sessions_per_second: {}}}\n",
                       entry.budget->name.value(), entry.budget->connections, entry.budget->sessions_per_second);
  }
  return out;
}

std::string RenderLimits(const FleetLimits& limits) {
  std::string out;
  for (const auto& [key, limit] : {std::pair("open_runs", limits.open_runs),
                                   {"agents_per_run", limits.agents_per_run},
                                   {"connections_per_run", limits.connections_per_run},
                                   {"sessions_per_second", limits.sessions_per_second}}) {
    if (limit) out += fmt::format("  {}: {}\n", key, *limit);
  }
  if (limits.run_duration) out += fmt::format("  run_duration: {}\n", DurationText(*limits.run_duration));
  if (limits.bundle_bytes) out += fmt::format("  bundle_size: {}\n", BytesText(*limits.bundle_bytes));
  return out;
}

}  // namespace

FleetPolicyResult ParseFleetPolicy(const std::string& file, const std::string& text) {
  FleetPolicyResult result;
  Diagnostics diagnostics;
  const SourceFiles files{{file, text}};
  if (const auto root = ReadYaml(file, text, diagnostics, "version, targets")) {
    ParseContext context{file, files, diagnostics};
    result.policy = FleetPolicyReader(context).Read(*root);
    const std::size_t bytes = RenderFleetPolicy(*result.policy).size();
    if (bytes > FleetPolicy::kMaxBytes) {
      diagnostics.Error(root->range, fmt::format("the policy takes {} bytes, the limit is {}; let patterns such as "
                                                 "*.example.com stand for several entries",
                                                 bytes, FleetPolicy::kMaxBytes));
    }
  }
  if (diagnostics.has_errors()) result.policy.reset();
  result.diagnostics = diagnostics.Sorted(kMaxDiagnostics);
  return result;
}

absl::StatusOr<FleetPolicy> ReadFleetPolicy(const std::string& file, const std::string& text) {
  const FleetPolicyResult result = ParseFleetPolicy(file, text);
  if (result.policy) return *result.policy;
  std::string all;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    if (!all.empty()) all += '\n';
    all += RenderDiagnostic(diagnostic, {{file, text}});
  }
  return absl::InvalidArgumentError(all);
}

std::string RenderFleetPolicy(const FleetPolicy& policy) {
  std::string out = "version: wsfleet/v1\n";
  if (policy.targets.any) {
    out += "targets: any\n";
  } else if (policy.targets.allowed.empty()) {
    out += "targets: []\n";
  } else {
    out += "targets:\n";
    for (const AllowedTarget& entry : policy.targets.allowed) out += RenderAllowed(entry);
  }
  const std::string limits = RenderLimits(policy.limits);
  return limits.empty() ? out : fmt::format("{}limits:\n{}", out, limits);
}

}  // namespace wsfleet
