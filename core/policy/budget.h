#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/policy/plan_needs.h"
#include "core/policy/target_policy.h"

// What several runs, of several fleets too, take of some targets together. Pure.
namespace wsfleet {

// "chat", "chat-eu.2": lower-case letters, digits, ".", "_" and "-", at most kMaxBudgetNameBytes.
inline constexpr std::size_t kMaxBudgetNameBytes = 63;
bool IsBudgetName(std::string_view text);

// The budgets of a policy, by name.
std::vector<Budget> BudgetsOf(const TargetPolicy& policy);

// Of those, by name, the ones that connections to this place are counted in.
std::vector<BudgetName> BudgetsAt(const TargetPolicy& policy, const TargetHost& host, std::uint16_t port);

// Of those, by name and whole, the ones that a plan draws on: of all places if not all are known.
std::vector<Budget> BudgetsOf(const TargetPolicy& policy, const PlanNeeds& needs);

// What one of `shards` takes of a budget: what its plan needs, at most an equal part, at least 1 of each.
Budget ShareOf(const Budget& whole, const PlanNeeds& needs, std::size_t shards);

}  // namespace wsfleet
