#include "tests/sim/budget_rows.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::sim {
namespace {

bool Fits(const BudgetState& state, const Budget& share) {
  return state.connections + share.connections <= state.limit.connections &&
         state.sessions_per_second + share.sessions_per_second <= state.limit.sessions_per_second;
}

}  // namespace

CommitOutcome BudgetRows::Write(const WriteBatch& batch, std::vector<std::string>& wrong) {
  if (batch.budgets) said_ = *batch.budgets;
  for (const LeaseId id : batch.ended_leases) shares_.erase(id);
  CommitOutcome outcome;
  for (const LeaseRecord& lease : batch.leases) {
    if (lease.shares.empty()) continue;
    for (const Budget& share : lease.shares) {
      if (share.connections == 0 || share.sessions_per_second == 0) wrong.push_back("I5: a share is of nothing");
      if (std::ranges::find(said_, share.name, &Budget::name) == said_.end()) {
        wrong.push_back(fmt::format("I5: the fleet says nothing of budget {}, and draws on it", share.name.value()));
      }
    }
    if (std::ranges::all_of(lease.shares, [&](const Budget& share) { return Fits(StateOf(share.name), share); })) {
      shares_[lease.id] = lease.shares;
    } else {
      outcome.denied.push_back(lease.id);
      denied_.insert(lease.id);
    }
  }
  for (const BudgetName& name : DrawnBudgets(batch)) outcome.budgets.push_back(StateOf(name));
  return outcome;
}

bool BudgetRows::ReserveElsewhere(const Budget& shares) {
  Elsewhere& others = elsewhere_[shares.name];
  const Budget before = std::exchange(others.shares, {});
  const bool fits = Fits(StateOf(shares.name), shares);
  others.shares = fits ? shares : before;
  return fits;
}

BudgetState BudgetRows::StateOf(const BudgetName& budget) const {
  BudgetState state;
  state.limit.name = budget;
  const auto said = std::ranges::find(said_, budget, &Budget::name);
  if (said != said_.end()) state.limit = *said;
  if (const auto others = elsewhere_.find(budget); others != elsewhere_.end()) {
    const auto& [limit, shares] = others->second;
    if (!limit.name.empty()) {
      state.limit.connections = std::min(state.limit.connections, limit.connections);
      state.limit.sessions_per_second = std::min(state.limit.sessions_per_second, limit.sessions_per_second);
    }
    state.connections += shares.connections;
    state.sessions_per_second += shares.sessions_per_second;
  }
  for (const auto& [lease, shares] : shares_) {
    for (const Budget& share : shares) {
      if (share.name != budget) continue;
      state.connections += share.connections;
      state.sessions_per_second += share.sessions_per_second;
    }
  }
  return state;
}

std::vector<std::string> BudgetRows::Exceeded() const {
  std::vector<std::string> exceeded;
  for (const Budget& budget : said_) {
    const BudgetState state = StateOf(budget.name);
    if (Fits(state, {})) continue;
    exceeded.push_back(fmt::format("I5: of budget {} {} connections and {} sessions a second are reserved",
                                   budget.name.value(), state.connections, state.sessions_per_second));
  }
  return exceeded;
}

}  // namespace wsfleet::sim
