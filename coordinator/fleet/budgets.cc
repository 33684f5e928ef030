#include "coordinator/fleet/budgets.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::fleet {
namespace {

void AddShare(BudgetState& state, const Budget& share) {
  state.connections += share.connections;
  state.sessions_per_second += share.sessions_per_second;
}

void RemoveShare(BudgetState& state, const Budget& share) {
  state.connections -= std::min<std::uint64_t>(state.connections, share.connections);
  state.sessions_per_second -= std::min<std::uint64_t>(state.sessions_per_second, share.sessions_per_second);
}

}  // namespace

void Budgets::Use(const TargetPolicy& policy) {
  policy_ = policy;
  all_ = BudgetsOf(policy);
  drawn_.clear();
  std::erase_if(views_,
                [&](const auto& entry) { return std::ranges::find(all_, entry.first, &Budget::name) == all_.end(); });
}

std::vector<Budget> Budgets::SharesFor(const JobId& job, const PlanNeeds& needs, std::size_t shards) {
  if (all_.empty()) return {};
  const auto [drawn, is_new] = drawn_.try_emplace(job);
  if (is_new) drawn->second = BudgetsOf(policy_, needs);
  std::vector<Budget> shares;
  for (Budget whole : drawn->second) {
    // Another fleet may say less of it.
    if (const auto& seen = views_[whole.name].seen) {
      whole.connections = std::min(whole.connections, seen->limit.connections);
      whole.sessions_per_second = std::min(whole.sessions_per_second, seen->limit.sessions_per_second);
    }
    shares.push_back(ShareOf(whole, needs, shards));
  }
  return shares;
}

bool Budgets::TryTake(View& view, const Budget& share) {
  if (!view.seen) return view.undecided++ == 0;
  const BudgetState& seen = *view.seen;
  if (seen.connections + share.connections > seen.limit.connections) return false;
  if (seen.sessions_per_second + share.sessions_per_second > seen.limit.sessions_per_second) return false;
  AddShare(*view.seen, share);
  return true;
}

std::optional<BudgetName> Budgets::Lacking(const std::vector<Budget>& shares) const {
  for (const Budget& share : shares) {
    const auto known = views_.find(share.name);
    View view = known == views_.end() ? View() : known->second;
    if (!TryTake(view, share)) return share.name;
  }
  return std::nullopt;
}

void Budgets::OnAsked(CommitId commit, const std::vector<Budget>& shares) {
  for (const Budget& share : shares) {
    View& view = views_[share.name];
    ++view.undecided;
    if (view.seen) AddShare(*view.seen, share);
    undecided_[commit].push_back(share);
  }
}

void Budgets::OnPersisted(const Persisted& event) {
  if (const auto decided = undecided_.extract(event.commit)) {
    for (const Budget& share : decided.mapped()) {
      const auto view = views_.find(share.name);
      if (view != views_.end() && view->second.undecided > 0) --view->second.undecided;
    }
  }
  for (const BudgetState& state : event.outcome.budgets) {
    std::optional<BudgetState>& seen = views_[state.limit.name].seen;
    seen = state;
    for (const auto& [commit, shares] : undecided_) {
      for (const Budget& share : shares) {
        if (share.name == state.limit.name) AddShare(*seen, share);
      }
    }
  }
}

void Budgets::OnEnded(const std::vector<Budget>& shares) {
  for (const Budget& share : shares) {
    const auto view = views_.find(share.name);
    if (view != views_.end() && view->second.seen) RemoveShare(*view->second.seen, share);
  }
}

void Budgets::LookAgain(const BudgetName& budget) {
  const auto view = views_.find(budget);
  if (view != views_.end()) view->second.seen.reset();
}

void Budgets::Park(const BudgetName& budget, const Key& key, bool told) {
  Unpark(key);
  if (!told) untold_.insert(key);
  parked_[budget].insert(key);
  parked_for_[key] = budget;
}

void Budgets::Unpark(const Key& key) {
  const auto node = parked_for_.extract(key);
  if (!node) return;
  untold_.erase(key);
  const auto keys = parked_.find(node.mapped());
  keys->second.erase(key);
  if (keys->second.empty()) parked_.erase(keys);
}

std::optional<BudgetName> Budgets::ParkedFor(const Key& key) const {
  const auto found = parked_for_.find(key);
  return found == parked_for_.end() ? std::nullopt : std::optional(found->second);
}

std::set<Budgets::Key> Budgets::TakeParked() {
  std::set<Key> keys;
  for (const auto& [key, budget] : std::exchange(parked_for_, {})) keys.insert(key);
  parked_.clear();
  untold_.clear();
  return keys;
}

std::string Budgets::Describe(const BudgetName& budget) const {
  const auto view = views_.find(budget);
  if (view == views_.end() || !view->second.seen) return {};
  const BudgetState& seen = *view->second.seen;
  return fmt::format("{} of {} connections and {} of {} sessions a second are taken", seen.connections,
                     seen.limit.connections, seen.sessions_per_second, seen.limit.sessions_per_second);
}

}  // namespace wsfleet::fleet
