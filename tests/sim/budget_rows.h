#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/job/batch.h"

namespace wsfleet::sim {

// The rows of budgets in a store in memory: what fleets say of them, and who has reserved what.
class BudgetRows {
 public:
  // What the batch says and ends, and the leases that it may have.
  CommitOutcome Write(const WriteBatch& batch, std::vector<std::string>& wrong);

  // Other fleets together; what they take is as good as ours.
  void SayElsewhere(const Budget& budget) { elsewhere_[budget.name].limit = budget; }
  // False: it does not fit. Replaces what they had.
  bool ReserveElsewhere(const Budget& shares);

  const std::vector<Budget>& budgets() const { return said_; }
  bool WasDenied(LeaseId lease) const { return denied_.contains(lease); }
  std::size_t denials() const { return denied_.size(); }
  std::size_t shares() const { return shares_.size(); }  // of leases that last
  BudgetState StateOf(const BudgetName& budget) const;
  // I5: a line for each budget of which more is reserved than there is.
  std::vector<std::string> Exceeded() const;

 private:
  struct Elsewhere {
    Budget limit;   // without a name: they say nothing
    Budget shares;  // that they have
  };

  std::vector<Budget> said_;
  std::map<LeaseId, std::vector<Budget>> shares_;
  std::map<BudgetName, Elsewhere> elsewhere_;
  std::set<LeaseId> denied_;
};

}  // namespace wsfleet::sim
