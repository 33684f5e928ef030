#include <string_view>

#include "coordinator/store/sql/rows.h"
#include "core/base/text.h"
#include "fmt/format.h"

// Policies of fleets, as their text.
namespace wsfleet::store {

absl::Status WritePolicy(Connection& connection, const FleetName& fleet, const PolicyRecord& record) {
  return connection
      .Prepare(
          "INSERT INTO fleet_policy (fleet, version, policy, changed) VALUES (?, ?, ?, ?) ON CONFLICT (fleet) DO "
          "UPDATE "
          "SET version = excluded.version, policy = excluded.policy, changed = excluded.changed")
      .Bind(std::string_view(fleet.value()))
      .Bind(Number(record.version))
      .Bind(std::string_view(RenderFleetPolicy(record.policy)))
      .Bind(record.changed)
      .Run();
}

absl::StatusOr<std::optional<PolicyRecord>> ReadPolicy(Connection& connection, const FleetName& fleet) {
  Statement statement = connection.Prepare("SELECT version, policy, changed FROM fleet_policy WHERE fleet = ?");
  const auto row = statement.Bind(std::string_view(fleet.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  // A later version may have written what this one does not know. What that forbids must not be permitted here.
  auto policy = ReadFleetPolicy("policy", statement.Text(1));
  if (!policy.ok()) {
    return absl::DataLossError(fmt::format("the policy of fleet {} cannot be read by this version: {}", fleet.value(),
                                           ToStd(policy.status().message())));
  }
  return PolicyRecord{*std::move(policy), statement.Uint64(0), statement.Time(2)};
}

}  // namespace wsfleet::store
