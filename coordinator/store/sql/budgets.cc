#include <algorithm>
#include <string_view>
#include <utility>

#include "coordinator/store/sql/rows.h"

// Budgets: what fleets say of them, and what their leases have reserved.
namespace wsfleet::store {
namespace {

std::string_view BudgetText(const BudgetName& name) { return name.value(); }

absl::StatusOr<Budget> BudgetOf(const Statement& row) {
  return Budget{BudgetName(row.Text(0)), row.Uint32(1), row.Uint32(2)};
}

bool Fits(const BudgetState& state, const Budget& share) {
  return state.connections + share.connections <= state.limit.connections &&
         state.sessions_per_second + share.sessions_per_second <= state.limit.sessions_per_second;
}

absl::Status WriteShare(Connection& connection, const FleetName& fleet, LeaseId lease, const Budget& share) {
  return connection
      .Prepare(
          "INSERT INTO budget_share (fleet, lease, budget, connections, sessions_per_second) VALUES (?, ?, ?, ?, ?)")
      .Bind(std::string_view(fleet.value()))
      .Bind(Number(lease.value()))
      .Bind(BudgetText(share.name))
      .Bind(std::int64_t{share.connections})
      .Bind(std::int64_t{share.sessions_per_second})
      .Run();
}

absl::Status WriteLimit(Connection& connection, const FleetName& fleet, const Budget& budget) {
  return connection
      .Prepare("INSERT INTO budget_limit (budget, fleet, connections, sessions_per_second) VALUES (?, ?, ?, ?)")
      .Bind(BudgetText(budget.name))
      .Bind(std::string_view(fleet.value()))
      .Bind(std::int64_t{budget.connections})
      .Bind(std::int64_t{budget.sessions_per_second})
      .Run();
}

absl::StatusOr<BudgetState> ReadBudgetState(Connection& connection, const BudgetName& budget) {
  BudgetState state;
  state.limit.name = budget;
  Statement limit =
      connection.Prepare("SELECT min(connections), min(sessions_per_second) FROM budget_limit WHERE budget = ?");
  auto row = limit.Bind(BudgetText(budget)).Step();
  if (!row.ok()) return row.status();
  // Of what nobody speaks any more there is nothing.
  if (*row && !limit.IsNull(0)) {
    state.limit.connections = limit.Uint32(0);
    state.limit.sessions_per_second = limit.Uint32(1);
  }
  // A coordinator of an earlier version that took over ends leases, and knows nothing of their shares.
  Statement taken = connection.Prepare(
      "SELECT CAST(coalesce(sum(connections), 0) AS BIGINT), CAST(coalesce(sum(sessions_per_second), 0) AS BIGINT) "
      "FROM budget_share JOIN lease ON lease.fleet = budget_share.fleet AND lease.lease = budget_share.lease "
      "WHERE budget = ?");
  row = taken.Bind(BudgetText(budget)).Step();
  if (!row.ok()) return row.status();
  if (*row) {
    state.connections = taken.Uint64(0);
    state.sessions_per_second = taken.Uint64(1);
  }
  return state;
}

}  // namespace

absl::Status WriteBudgets(Connection& connection, const FleetName& fleet, const std::vector<Budget>& budgets) {
  auto status = connection.Prepare("DELETE FROM budget_limit WHERE fleet = ?").Bind(fleet.value()).Run();
  for (const Budget& budget : budgets) {
    if (status.ok()) status = WriteLimit(connection, fleet, budget);
  }
  return status;
}

absl::StatusOr<std::vector<Budget>> ReadBudgets(Connection& connection, const FleetName& fleet) {
  Statement statement = connection.Prepare(
      "SELECT budget, connections, sessions_per_second FROM budget_limit WHERE fleet = ? ORDER BY budget");
  std::vector<Budget> budgets;
  auto status = ReadAll(statement.Bind(std::string_view(fleet.value())), budgets, BudgetOf);
  if (!status.ok()) return status;
  std::ranges::sort(budgets, {}, &Budget::name);  // databases differ about the order of texts
  return budgets;
}

absl::Status AddBudget(Connection& connection, const BudgetName& budget) {
  return connection.Prepare("INSERT INTO budget (name) VALUES (?) ON CONFLICT DO NOTHING")
      .Bind(BudgetText(budget))
      .Run();
}

absl::StatusOr<std::vector<BudgetState>> ReadBudgetStates(Connection& connection, const WriteBatch& batch) {
  std::vector<BudgetState> states;
  for (const BudgetName& name : DrawnBudgets(batch)) {
    auto state = ReadBudgetState(connection, name);
    if (!state.ok()) return state.status();
    states.push_back(*std::move(state));
  }
  return states;
}

absl::StatusOr<bool> ReserveShares(Connection& connection, const FleetName& fleet, const LeaseRecord& lease,
                                   std::vector<BudgetState>& states) {
  const auto state_of = [&](const Budget& share) -> BudgetState& {
    return *std::ranges::find(states, share.name, [](const BudgetState& state) { return state.limit.name; });
  };
  for (const Budget& share : lease.shares) {
    if (!Fits(state_of(share), share)) return false;
  }
  for (const Budget& share : lease.shares) {
    BudgetState& state = state_of(share);
    state.connections += share.connections;
    state.sessions_per_second += share.sessions_per_second;
    if (auto status = WriteShare(connection, fleet, lease.id, share); !status.ok()) return status;
  }
  return true;
}

absl::Status EndShares(Connection& connection, const FleetName& fleet, LeaseId lease) {
  return connection.Prepare("DELETE FROM budget_share WHERE fleet = ? AND lease = ?")
      .Bind(std::string_view(fleet.value()))
      .Bind(Number(lease.value()))
      .Run();
}

absl::Status ReadShares(Connection& connection, const FleetName& fleet, std::vector<LeaseRecord>& leases) {
  Statement statement = connection.Prepare(
      "SELECT lease, budget, connections, sessions_per_second FROM budget_share WHERE fleet = ? ORDER BY lease");
  statement.Bind(std::string_view(fleet.value()));
  auto lease = leases.begin();
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) {
    const LeaseId id(statement.Uint64(0));
    while (lease != leases.end() && lease->id < id) ++lease;
    if (lease == leases.end()) break;
    if (lease->id == id)
      lease->shares.push_back({BudgetName(statement.Text(1)), statement.Uint32(2), statement.Uint32(3)});
  }
  for (LeaseRecord& one : leases) std::ranges::sort(one.shares, {}, &Budget::name);
  return row.status();
}

}  // namespace wsfleet::store
