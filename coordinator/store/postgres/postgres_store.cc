#include "coordinator/store/postgres/postgres_store.h"

#include <utility>

#include "coordinator/store/postgres/postgres_connection.h"
#include "coordinator/store/postgres/postgres_migrations.h"
#include "coordinator/store/postgres/postgres_url.h"
#include "coordinator/store/sql/migrations.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

// A large database takes its time; others that start wait for it.
constexpr PostgresLimits kMigrationLimits{.answer = absl::Hours(1), .lock = absl::Hours(1)};

absl::Status Migrate(const std::string& url) {
  const auto connection = PostgresConnection::Open(url, kMigrationLimits);
  return connection.ok() ? MigratePostgres(**connection) : connection.status();
}

}  // namespace

PostgresStore::~PostgresStore() = default;

absl::StatusOr<std::unique_ptr<PostgresStore>> PostgresStore::Open(const std::string& url) {
  if (auto status = CheckPostgresUrl(url); !status.ok()) return OfStore(status, WithoutPassword(url));
  if (auto status = Migrate(url); !status.ok()) return OfStore(status, WithoutPassword(url));
  std::unique_ptr<PostgresStore> store(new PostgresStore(url));
  for (Channel* channel : {&store->writer_, &store->readers_[0], &store->readers_[1], &store->owner_}) {
    const std::lock_guard guard(channel->mutex);
    if (auto status = store->MakeReady(*channel); !status.ok()) return OfStore(status, WithoutPassword(url));
  }
  return store;
}

absl::Status PostgresStore::MakeReady(Channel& channel) {
  if (channel.connection != nullptr && channel.connection->works()) return absl::OkStatus();
  channel.connection.reset();
  auto connection = PostgresConnection::Open(url_, &channel == &owner_ ? kOwnerLimits : PostgresLimits());
  if (!connection.ok()) return connection.status();
  channel.connection = *std::move(connection);
  return absl::OkStatus();
}

// The epoch is a key (fleet_owner_term): nobody changes it before the transaction ends, and Extend() need not wait.
absl::Status PostgresStore::CheckOwnership(Connection& connection, const Ownership& ownership) {
  Statement statement = connection.Prepare("SELECT 1 FROM fleet_owner WHERE fleet = ? AND epoch = ? FOR KEY SHARE");
  const auto row =
      statement.Bind(std::string_view(ownership.fleet.value())).Bind(static_cast<std::int64_t>(ownership.epoch)).Step();
  if (!row.ok()) return row.status();
  if (*row) return absl::OkStatus();
  return absl::AbortedError(fmt::format("another coordinator owns fleet {} now", ownership.fleet.value()));
}

absl::Status PostgresStore::LockBudget(Connection& connection, const BudgetName& budget) {
  Statement statement = connection.Prepare("SELECT 1 FROM budget WHERE name = ? FOR UPDATE");
  return statement.Bind(std::string_view(budget.value())).Step().status();
}

// Its row outlasts it by a term, so what counts is how long it gave signs of life: `expires` is a term behind the last
// one. Each gives one in every round, of which there are several in half a term. Where the clock was set back since it
// came, it counts from then on.
absl::StatusOr<OwnerStore::SurveyResult> PostgresStore::Survey(const std::string& replica, absl::Duration term) {
  const std::lock_guard guard(owner_.mutex);
  if (auto status = MakeReady(owner_); !status.ok()) return status;
  Connection& connection = *owner_.connection;
  auto status =
      connection
          .Prepare(
              "INSERT INTO replica (name, expires) VALUES (?, clock_timestamp() + ? * interval '1 millisecond') "
              "ON CONFLICT (name) DO UPDATE SET expires = excluded.expires, "
              "since = least(replica.since, clock_timestamp())")
          .Bind(std::string_view(replica))
          .Bind(absl::ToInt64Milliseconds(term))
          .Run();
  if (!status.ok()) return status;
  // What lasts longer than any term was noted while the clock was ahead.
  status = connection
               .Prepare(
                   "DELETE FROM replica WHERE expires <= clock_timestamp() OR (name <> ? AND expires > "
                   "clock_timestamp() + ? * interval '1 millisecond')")
               .Bind(std::string_view(replica))
               .Bind(2 * absl::ToInt64Milliseconds(term))
               .Run();
  if (!status.ok()) return status;
  SurveyResult result;
  Statement names = connection.Prepare(
      "SELECT name FROM replica WHERE expires - since >= ? * interval '1 millisecond' "
      "AND expires > clock_timestamp() + ? * interval '1 millisecond'");
  names.Bind(absl::ToInt64Milliseconds(2 * term)).Bind(absl::ToInt64Milliseconds(term / 2));
  result.is_new = true;
  auto row = names.Step();
  for (; row.ok() && *row; row = names.Step()) {
    if (names.Text(0) == replica) {
      result.is_new = false;
    } else {
      ++result.other_replicas;
    }
  }
  if (!row.ok()) return row.status();
  auto fleets = ReadOwners(connection);
  if (!fleets.ok()) return fleets.status();
  result.fleets = *std::move(fleets);
  return result;
}

absl::StatusOr<std::vector<OwnerStore::KnownFleet>> PostgresStore::ReadOwners(Connection& connection) {
  std::vector<KnownFleet> fleets;
  Statement statement = connection.Prepare(
      "SELECT fleet.name, coalesce(replica, ''), coalesce(agent_address, ''), coalesce(client_address, ''), "
      "coalesce(epoch, 0), coalesce((extract(epoch FROM expires - clock_timestamp()) * 1000)::bigint, 0) "
      "FROM fleet LEFT JOIN fleet_owner ON fleet_owner.fleet = fleet.name ORDER BY fleet.name");
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) {
    fleets.push_back({FleetName(statement.Text(0)),
                      {statement.Text(1),
                       {statement.Text(2), statement.Text(3)},
                       statement.Uint64(4),
                       absl::Milliseconds(statement.Int(5))}});
  }
  if (!row.ok()) return row.status();
  return fleets;
}

absl::StatusOr<std::vector<OwnerStore::KnownFleet>> PostgresStore::Extend(const std::string& replica,
                                                                          absl::Duration term) {
  const std::lock_guard guard(owner_.mutex);
  if (auto status = MakeReady(owner_); !status.ok()) return status;
  Statement statement = owner_.connection->Prepare(
      "UPDATE fleet_owner SET expires = clock_timestamp() + ? * interval '1 millisecond' WHERE fleet IN (SELECT fleet "
      "FROM fleet_owner WHERE replica = ? AND expires > clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED) "
      "RETURNING fleet, agent_address, client_address, epoch");
  statement.Bind(absl::ToInt64Milliseconds(term)).Bind(std::string_view(replica));
  std::vector<KnownFleet> fleets;
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) {
    const Addresses addresses{statement.Text(1), statement.Text(2)};
    fleets.push_back({FleetName(statement.Text(0)), {replica, addresses, statement.Uint64(3), term}});
  }
  if (!row.ok()) return row.status();
  return fleets;
}

absl::StatusOr<bool> PostgresStore::Take(Connection& connection, const ClaimRequest& request) {
  const std::int64_t term = absl::ToInt64Milliseconds(request.time);
  auto status = connection
                    .Prepare(
                        "INSERT INTO fleet_owner (fleet, replica, agent_address, client_address, epoch, expires) "
                        "VALUES (?, ?, ?, ?, 1, clock_timestamp() + ? * interval '1 millisecond') "
                        "ON CONFLICT DO NOTHING")
                    .Bind(std::string_view(request.fleet.value()))
                    .Bind(std::string_view(request.replica))
                    .Bind(std::string_view(request.addresses.agents))
                    .Bind(std::string_view(request.addresses.clients))
                    .Bind(term)
                    .Run();
  if (!status.ok() || connection.changes() == 1) return status.ok() ? absl::StatusOr<bool>(true) : status;
  // An expired row is a new term even for who had it: meanwhile another may have had it too. Commits of the former
  // owner have it locked; whoever waited for them could not extend anything meanwhile.
  status = connection
               .Prepare(
                   "UPDATE fleet_owner SET replica = ?, agent_address = ?, client_address = ?, epoch = epoch + 1, "
                   "expires = clock_timestamp() + ? * interval '1 millisecond' WHERE fleet = (SELECT fleet FROM "
                   "fleet_owner WHERE fleet = ? AND expires <= clock_timestamp() FOR UPDATE SKIP LOCKED)")
               .Bind(std::string_view(request.replica))
               .Bind(std::string_view(request.addresses.agents))
               .Bind(std::string_view(request.addresses.clients))
               .Bind(term)
               .Bind(std::string_view(request.fleet.value()))
               .Run();
  if (!status.ok()) return status;
  return connection.changes() == 1;
}

absl::StatusOr<OwnerStore::Owner> PostgresStore::Claim(const ClaimRequest& request) {
  const std::lock_guard guard(owner_.mutex);
  if (auto status = MakeReady(owner_); !status.ok()) return status;
  Connection& connection = *owner_.connection;
  const auto taken = Take(connection, request);
  if (!taken.ok()) return taken.status();
  if (!*taken) {
    auto status = connection
                      .Prepare(
                          "UPDATE fleet_owner SET agent_address = ?, client_address = ?, "
                          "expires = clock_timestamp() + ? * interval '1 millisecond' "
                          "WHERE fleet = ? AND replica = ? AND expires > clock_timestamp()")
                      .Bind(std::string_view(request.addresses.agents))
                      .Bind(std::string_view(request.addresses.clients))
                      .Bind(absl::ToInt64Milliseconds(request.time))
                      .Bind(std::string_view(request.fleet.value()))
                      .Bind(std::string_view(request.replica))
                      .Run();
    if (!status.ok()) return status;
  }
  Statement statement = connection.Prepare(
      "SELECT replica, agent_address, client_address, epoch, "
      "(extract(epoch FROM expires - clock_timestamp()) * 1000)::bigint FROM fleet_owner WHERE fleet = ?");
  const auto row = statement.Bind(std::string_view(request.fleet.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::UnavailableError(fmt::format("the owner of fleet {} was removed", request.fleet.value()));
  return Owner{statement.Text(0),
               {statement.Text(1), statement.Text(2)},
               statement.Uint64(3),
               absl::Milliseconds(statement.Int(4))};
}

absl::Status PostgresStore::Release(const Ownership& ownership) {
  const std::lock_guard guard(owner_.mutex);
  if (auto status = MakeReady(owner_); !status.ok()) return status;
  return owner_.connection->Prepare("UPDATE fleet_owner SET expires = clock_timestamp() WHERE fleet = ? AND epoch = ?")
      .Bind(std::string_view(ownership.fleet.value()))
      .Bind(static_cast<std::int64_t>(ownership.epoch))
      .Run();
}

absl::Status PostgresStore::Leave(const std::string& replica) {
  const std::lock_guard guard(owner_.mutex);
  if (auto status = MakeReady(owner_); !status.ok()) return status;
  return owner_.connection->Prepare("DELETE FROM replica WHERE name = ?").Bind(std::string_view(replica)).Run();
}

}  // namespace wsfleet::store
