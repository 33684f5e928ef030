#include "core/policy/budget.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"

namespace wsfleet {
namespace {

bool IsForPort(const AllowedTarget& entry, std::uint16_t port) {
  return std::ranges::find(entry.ports, port) != entry.ports.end();
}

}  // namespace

bool IsBudgetName(std::string_view text) {
  const auto is_good = [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kMaxBudgetNameBytes && std::ranges::all_of(text, is_good);
}

std::vector<Budget> BudgetsOf(const TargetPolicy& policy) {
  std::map<BudgetName, Budget> found;
  for (const AllowedTarget& entry : policy.allowed) {
    if (entry.budget) found.emplace(entry.budget->name, *entry.budget);
  }
  std::vector<Budget> budgets;
  for (auto& [name, budget] : found) budgets.push_back(budget);
  return budgets;
}

std::vector<BudgetName> BudgetsAt(const TargetPolicy& policy, const TargetHost& host, std::uint16_t port) {
  std::set<BudgetName> names;
  for (const AllowedTarget& entry : policy.allowed) {
    if (entry.budget && IsForPort(entry, port) && MatchesHost(entry.host, host)) names.insert(entry.budget->name);
  }
  return {names.begin(), names.end()};
}

std::vector<Budget> BudgetsOf(const TargetPolicy& policy, const PlanNeeds& needs) {
  std::vector<Budget> budgets = BudgetsOf(policy);
  if (budgets.empty() || !needs.places) return budgets;
  std::set<BudgetName> drawn;
  for (const TargetPlace& place : *needs.places) {
    const auto host = ReadTargetHost(place.host);
    // Nobody connects to it.
    if (!host.ok()) continue;
    for (BudgetName& name : BudgetsAt(policy, *host, place.port)) drawn.insert(std::move(name));
  }
  std::erase_if(budgets, [&](const Budget& budget) { return !drawn.contains(budget.name); });
  return budgets;
}

Budget ShareOf(const Budget& whole, const PlanNeeds& needs, std::size_t shards) {
  const auto part = [&](std::uint32_t limit, std::uint32_t needed) {
    const std::uint64_t equal = limit / std::max<std::uint64_t>(shards, 1);
    const std::uint64_t wanted = needed == 0 ? equal : std::min<std::uint64_t>(equal, needed);
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(wanted, 1));
  };
  return {whole.name, part(whole.connections, needs.connections), part(whole.sessions_per_second, needs.sessions)};
}

}  // namespace wsfleet
