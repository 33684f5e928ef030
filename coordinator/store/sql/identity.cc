#include "coordinator/store/sql/identity.h"

#include <string_view>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

// Columns as ReadTokenRow() takes them.
#define WSFLEET_JOIN_TOKEN_COLUMNS "id, hash, fleet, region, pool, uses, used, created, expires, revoked"

JoinToken ReadTokenRow(const Statement& row) {
  JoinToken token;
  token.id = row.Text(0);
  token.hash = row.Text(1);
  token.fleet = FleetName(row.Text(2));
  token.region = RegionName(row.Text(3));
  token.pool = PoolName(row.Text(4));
  token.uses = row.Uint32(5);
  token.used = row.Uint32(6);
  token.created = row.Time(7);
  token.expires = row.Time(8);
  token.revoked = row.Int(9) != 0;
  return token;
}

absl::Status NoSuchToken(std::string_view id) {
  return absl::NotFoundError(fmt::format("no join token {}; `wsfleet agents join-token list` shows them", id));
}

// Holds the row of the fleet until the transaction's end, so that a limit is counted by one at a time.
absl::Status LockFleet(Connection& connection, const FleetName& fleet) {
  auto status = connection.Prepare("UPDATE fleet SET next_lease = next_lease WHERE name = ?")
                    .Bind(std::string_view(fleet.value()))
                    .Run();
  if (!status.ok()) return status;
  if (connection.changes() == 1) return absl::OkStatus();
  return absl::NotFoundError(fmt::format("no fleet {}", fleet.value()));
}

absl::StatusOr<std::int64_t> CountOf(Connection& connection, std::string_view sql, const FleetName& fleet) {
  Statement statement = connection.Prepare(sql);
  const auto row = statement.Bind(std::string_view(fleet.value())).Step();
  if (!row.ok()) return row.status();
  return statement.Int(0);
}

absl::Status RemoveOldTokens(Connection& connection, const FleetName& fleet, absl::Time expired_before) {
  auto status = connection
                    .Prepare(
                        "DELETE FROM join_token_use WHERE token IN "
                        "(SELECT id FROM join_token WHERE fleet = ? AND expires < ?)")
                    .Bind(std::string_view(fleet.value()))
                    .Bind(expired_before)
                    .Run();
  if (!status.ok()) return status;
  return connection.Prepare("DELETE FROM join_token WHERE fleet = ? AND expires < ?")
      .Bind(std::string_view(fleet.value()))
      .Bind(expired_before)
      .Run();
}

}  // namespace

absl::Status WriteJoinToken(Connection& connection, const JoinToken& token) {
  if (auto status = LockFleet(connection, token.fleet); !status.ok()) return status;
  if (auto status = RemoveOldTokens(connection, token.fleet, token.created - IdentityStore::kKeepExpired);
      !status.ok()) {
    return status;
  }
  const auto count = CountOf(connection, "SELECT count(*) FROM join_token WHERE fleet = ?", token.fleet);
  if (!count.ok()) return count.status();
  if (*count >= IdentityStore::kMaxJoinTokens) {
    return absl::ResourceExhaustedError(
        fmt::format("fleet {} has {} join tokens; that is the limit. They are removed a week after they have expired",
                    token.fleet.value(), *count));
  }
  return connection
      .Prepare("INSERT INTO join_token (" WSFLEET_JOIN_TOKEN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(std::string_view(token.id))
      .Bind(std::string_view(token.hash))
      .Bind(std::string_view(token.fleet.value()))
      .Bind(std::string_view(token.region.value()))
      .Bind(std::string_view(token.pool.value()))
      .Bind(std::int64_t{token.uses})
      .Bind(std::int64_t{token.used})
      .Bind(token.created)
      .Bind(token.expires)
      .Bind(std::int64_t{token.revoked ? 1 : 0})
      .Run();
}

absl::StatusOr<std::vector<JoinToken>> ReadJoinTokens(Connection& connection, const FleetName& fleet) {
  std::vector<JoinToken> tokens;
  Statement statement = connection.Prepare("SELECT " WSFLEET_JOIN_TOKEN_COLUMNS
                                           " FROM join_token WHERE fleet = ? ORDER BY created DESC, id");
  statement.Bind(std::string_view(fleet.value()));
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) tokens.push_back(ReadTokenRow(statement));
  if (!row.ok()) return row.status();
  return tokens;
}

absl::StatusOr<JoinToken> ReadJoinToken(Connection& connection, const std::string& id) {
  Statement statement = connection.Prepare("SELECT " WSFLEET_JOIN_TOKEN_COLUMNS " FROM join_token WHERE id = ?");
  const auto row = statement.Bind(std::string_view(id)).Step();
  if (!row.ok()) return row.status();
  if (!*row) return NoSuchToken(id);
  return ReadTokenRow(statement);
}

absl::Status MarkRevoked(Connection& connection, const FleetName& fleet, const std::string& id) {
  auto status = connection.Prepare("UPDATE join_token SET revoked = 1 WHERE fleet = ? AND id = ?")
                    .Bind(std::string_view(fleet.value()))
                    .Bind(std::string_view(id))
                    .Run();
  if (!status.ok()) return status;
  return connection.changes() == 1 ? absl::OkStatus() : NoSuchToken(id);
}

absl::StatusOr<bool> WriteUse(Connection& connection, const IdentityStore::JoinTokenUse& use) {
  // Whoever comes at the same time waits here for the end of this transaction, and reads what it has left.
  auto status =
      connection.Prepare("UPDATE join_token SET used = used WHERE id = ?").Bind(std::string_view(use.token)).Run();
  if (!status.ok()) return status;
  const auto token = ReadJoinToken(connection, use.token);
  if (!token.ok()) return token.status();
  if (token->revoked) return absl::FailedPreconditionError(fmt::format("join token {} was revoked", token->id));
  if (use.at >= token->expires) {
    return absl::FailedPreconditionError(
        fmt::format("join token {} expired at {}", token->id, UtcText(token->expires)));
  }
  Statement known = connection.Prepare("SELECT instance FROM join_token_use WHERE token = ? AND agent_key = ?");
  const auto row = known.Bind(std::string_view(use.token)).Bind(std::string_view(use.key)).Step();
  if (!row.ok()) return row.status();
  if (*row && known.Text(0) == use.instance) return false;
  if (*row) {
    return absl::FailedPreconditionError(
        fmt::format("join token {} let this key in as another agent, {}", token->id, Excerpt(known.Text(0), 128)));
  }
  if (token->used >= token->uses) {
    return absl::FailedPreconditionError(fmt::format("join token {} was used up: it let in {} agent{} of {}", token->id,
                                                     token->used, token->used == 1 ? "" : "s", token->uses));
  }
  status = connection.Prepare("INSERT INTO join_token_use (token, agent_key, instance, at) VALUES (?, ?, ?, ?)")
               .Bind(std::string_view(use.token))
               .Bind(std::string_view(use.key))
               .Bind(std::string_view(use.instance))
               .Bind(use.at)
               .Run();
  if (!status.ok()) return status;
  status =
      connection.Prepare("UPDATE join_token SET used = used + 1 WHERE id = ?").Bind(std::string_view(use.token)).Run();
  if (!status.ok()) return status;
  return true;
}

absl::Status WriteRevocations(Connection& connection, const std::vector<Revocation>& revocations) {
  for (const Revocation& revocation : revocations) {
    if (auto status = LockFleet(connection, revocation.fleet); !status.ok()) return status;
    auto status = connection
                      .Prepare(
                          "INSERT INTO revocation (fleet, pool, instance, reason, at) VALUES (?, ?, ?, ?, ?) "
                          "ON CONFLICT DO NOTHING")
                      .Bind(std::string_view(revocation.fleet.value()))
                      .Bind(std::string_view(revocation.pool.value()))
                      .Bind(std::string_view(revocation.instance))
                      .Bind(std::string_view(revocation.reason))
                      .Bind(revocation.at)
                      .Run();
    if (!status.ok()) return status;
    const auto count = CountOf(connection, "SELECT count(*) FROM revocation WHERE fleet = ?", revocation.fleet);
    if (!count.ok()) return count.status();
    if (*count > IdentityStore::kMaxRevocations) {
      return absl::ResourceExhaustedError(
          fmt::format("fleet {} has {} revocations; that is the limit. Revoke a pool instead of its agents, or rotate "
                      "the authority",
                      revocation.fleet.value(), IdentityStore::kMaxRevocations));
    }
  }
  return absl::OkStatus();
}

absl::Status RemoveRevocation(Connection& connection, const FleetName& fleet, const PoolName& pool,
                              const std::string& instance) {
  auto status = connection.Prepare("DELETE FROM revocation WHERE fleet = ? AND pool = ? AND instance = ?")
                    .Bind(std::string_view(fleet.value()))
                    .Bind(std::string_view(pool.value()))
                    .Bind(std::string_view(instance))
                    .Run();
  if (!status.ok()) return status;
  if (connection.changes() == 1) return absl::OkStatus();
  return absl::NotFoundError(instance.empty()
                                 ? fmt::format("pool {} is not revoked", pool.value())
                                 : fmt::format("agent {} is not revoked", AgentIdOf(pool, instance).value()));
}

absl::StatusOr<std::vector<Revocation>> ReadRevocations(Connection& connection) {
  std::vector<Revocation> revocations;
  Statement statement =
      connection.Prepare("SELECT fleet, pool, instance, reason, at FROM revocation ORDER BY fleet, pool, instance");
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) {
    revocations.push_back({FleetName(statement.Text(0)), PoolName(statement.Text(1)), statement.Text(2),
                           statement.Text(3), statement.Time(4)});
  }
  if (!row.ok()) return row.status();
  return revocations;
}

}  // namespace wsfleet::store
