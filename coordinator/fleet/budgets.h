#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/fleet/events.h"
#include "coordinator/fleet/pending.h"
#include "core/policy/budget.h"

namespace wsfleet::fleet {

// The budgets of the fleet's policy, as far as is known of them: other fleets draw on them too, and the store has the
// last word when a lease is committed. So a lease is only asked for where there may be room, and shards for which there
// is none are parked here.
class Budgets {
 public:
  using Key = Pending::Key;

  // From now on; what is known of those that it has no more is forgotten. Who is parked stays so: see TakeParked().
  void Use(const TargetPolicy& policy);
  // What the fleet says of them, by name.
  const std::vector<Budget>& all() const { return all_; }

  // What a lease of a run asks for, by name; empty: the run draws on none. Remembered of the run until Forget().
  std::vector<Budget> SharesFor(const JobId& job, const PlanNeeds& needs, std::size_t shards);
  void Forget(const JobId& job) { drawn_.erase(job); }

  // The first that has no room for its share; absent: a lease may be asked for. Of what is not known one at a time.
  std::optional<BudgetName> Lacking(const std::vector<Budget>& shares) const;

  // A lease with these shares will be committed so.
  void OnAsked(CommitId commit, const std::vector<Budget>& shares);
  void OnPersisted(const Persisted& event);
  // A lease with these shares has ended.
  void OnEnded(const std::vector<Budget>& shares);
  // What was known of it is old: others may have given shares back.
  void LookAgain(const BudgetName& budget);

  // `told`: people know why it waits.
  void Park(const BudgetName& budget, const Key& key, bool told);
  void Unpark(const Key& key);
  // Those that nobody was told of.
  std::vector<Key> Untold() const { return {untold_.begin(), untold_.end()}; }
  std::optional<BudgetName> ParkedFor(const Key& key) const;
  bool HasParked(const BudgetName& budget) const { return parked_.contains(budget); }
  std::size_t parked() const { return parked_for_.size(); }
  std::set<Key> TakeParked();
  // The first that is parked for each budget and may be let go, then the next: those whose shares fit one after the
  // other. `shares_of(key)`: as SharesFor().
  template <typename SharesOf>
  std::vector<Key> Ready(SharesOf shares_of) const;

  // "5 of 10 connections and 50 of 50 sessions a second are taken"; empty: nothing is known of it.
  std::string Describe(const BudgetName& budget) const;

 private:
  struct View {
    std::optional<BudgetState> seen;  // as the store said last, with what was asked for and given back since
    std::uint32_t undecided = 0;      // shares that were asked for
  };

  // Whether the share may be asked for; if so, it is as if it were.
  static bool TryTake(View& view, const Budget& share);

  std::vector<Budget> all_;
  TargetPolicy policy_;
  std::map<JobId, std::vector<Budget>> drawn_;  // whole
  std::map<BudgetName, View> views_;
  std::map<CommitId, std::vector<Budget>> undecided_;
  std::map<BudgetName, std::set<Key>> parked_;
  std::map<Key, BudgetName> parked_for_;
  std::set<Key> untold_;  // of these
};

template <typename SharesOf>
std::vector<Budgets::Key> Budgets::Ready(SharesOf shares_of) const {
  std::vector<Key> ready;
  for (const auto& [budget, keys] : parked_) {
    const auto known = views_.find(budget);
    View view = known == views_.end() ? View() : known->second;
    for (const Key& key : keys) {
      bool fits = true;
      for (const Budget& share : shares_of(key)) fits = fits && (share.name != budget || TryTake(view, share));
      // Those that came later do not overtake it.
      if (!fits) break;
      ready.push_back(key);
    }
  }
  return ready;
}

}  // namespace wsfleet::fleet
