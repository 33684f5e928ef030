#include <map>
#include <string>
#include <utility>

#include "coordinator/store/sql/rows.h"
#include "fmt/format.h"

// Tokens and the audit log.
namespace wsfleet::store {
namespace {

constexpr std::int64_t kAuditInStep = 256;

constexpr char kTokenColumns[] = "id, name, fleet, role, digest, created_by, created, expires, revoked";

absl::StatusOr<TokenRecord> TokenOf(const Statement& row) {
  TokenRecord token;
  token.id = TokenId(row.Text(0));
  token.name = row.Text(1);
  token.fleet = FleetName(row.Text(2));
  const auto role = ParseRole(row.Text(3));
  if (!role) return UnknownWord("token.role", row.Text(3));
  token.role = *role;
  token.digest = row.Text(4);
  token.created_by = row.Text(5);
  token.created = row.Time(6);
  token.expires = row.Time(7);
  if (!row.IsNull(8)) token.revoked = row.Time(8);
  return token;
}

constexpr char kAuditColumns[] = "number, at, fleet, principal, token, peer, action, object, outcome, detail, identity";

absl::StatusOr<AuditRecord> AuditOf(const Statement& row) {
  AuditRecord record;
  record.number = row.Uint64(0);
  record.at = row.Time(1);
  record.fleet = FleetName(row.Text(2));
  record.principal = row.Text(3);
  record.token = TokenId(row.Text(4));
  record.peer = row.Text(5);
  record.action = row.Text(6);
  record.object = row.Text(7);
  const auto outcome = ParseAuditOutcome(row.Text(8));
  if (!outcome) return UnknownWord("audit.outcome", row.Text(8));
  record.outcome = *outcome;
  record.detail = row.Text(9);
  record.identity = row.Text(10);
  return record;
}

// A row of audit_class.
struct AuditClass {
  std::string name;
  std::int64_t stored = 0;  // so many records in all: the place of its newest
};

// How many of the class are stored, with `more` of them. Locks it.
absl::StatusOr<std::int64_t> CountAudit(Connection& connection, const std::string& name, std::int64_t more) {
  Statement statement = connection.Prepare(
      "INSERT INTO audit_class (name, stored) VALUES (?, ?) "
      "ON CONFLICT (name) DO UPDATE SET stored = audit_class.stored + excluded.stored RETURNING stored");
  const auto row = statement.Bind(std::string_view(name)).Bind(more).Step();
  if (!row.ok()) return row.status();
  return statement.Int(0);
}

absl::Status WriteAudit(Connection& connection, const AuditRecord& record, const std::string& name,
                        std::int64_t place) {
  return connection
      .Prepare(
          "INSERT INTO audit (at, fleet, principal, token, peer, action, object, outcome, detail, identity, class, "
          "place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(record.at)
      .Bind(std::string_view(record.fleet.value()))
      .Bind(std::string_view(record.principal))
      .Bind(std::string_view(record.token.value()))
      .Bind(std::string_view(record.peer))
      .Bind(std::string_view(record.action))
      .Bind(std::string_view(record.object))
      .Bind(AuditOutcomeName(record.outcome))
      .Bind(std::string_view(record.detail))
      .Bind(std::string_view(record.identity))
      .Bind(std::string_view(name))
      .Bind(place)
      .Run();
}

// Whoever changes a token changes this first, so that two who do wait for each other.
absl::Status NoteTokenChange(Connection& connection) {
  return connection.Prepare("UPDATE token_version SET version = version + 1").Run();
}

}  // namespace

absl::Status WriteToken(Connection& connection, const TokenRecord& token) {
  if (auto status = NoteTokenChange(connection); !status.ok()) return status;
  {
    Statement counts = connection.Prepare(
        "SELECT count(*), coalesce(sum(CASE WHEN name = ?1 AND revoked IS NULL AND expires > ?2 THEN 1 ELSE 0 END), 0) "
        "FROM token WHERE fleet = ?3");
    const auto row = counts.Bind(std::string_view(token.name))
                         .Bind(token.created)
                         .Bind(std::string_view(token.fleet.value()))
                         .Step();
    if (!row.ok()) return row.status();
    if (counts.Int(1) > 0) {
      return absl::AlreadyExistsError(
          fmt::format("fleet {} has a token \"{}\"; revoke it, or take another name", token.fleet.value(), token.name));
    }
    if (counts.Int(0) >= TokenStore::kMaxTokens) {
      return absl::ResourceExhaustedError(fmt::format(
          "fleet {} has {} tokens; that is the limit, and those that are no good any more count for 30 days",
          token.fleet.value(), TokenStore::kMaxTokens));
    }
  }
  return connection
      .Prepare(
          "INSERT INTO token (id, name, fleet, role, digest, created_by, created, expires) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(std::string_view(token.id.value()))
      .Bind(std::string_view(token.name))
      .Bind(std::string_view(token.fleet.value()))
      .Bind(RoleName(token.role))
      .Bind(std::string_view(token.digest))
      .Bind(std::string_view(token.created_by))
      .Bind(token.created)
      .Bind(token.expires)
      .Run();
}

absl::StatusOr<TokenRecord> WriteRevocation(Connection& connection, const FleetName& fleet,
                                            const std::string& id_or_name, absl::Time at) {
  if (auto status = NoteTokenChange(connection); !status.ok()) return status;
  static const std::string kToken = fmt::format(
      "SELECT {} FROM token WHERE fleet = ?1 AND (id = ?2 OR (name = ?2 AND revoked IS NULL)) "
      "ORDER BY created DESC LIMIT 1",
      kTokenColumns);
  std::vector<TokenRecord> found;
  {
    Statement statement = connection.Prepare(kToken);
    statement.Bind(std::string_view(fleet.value())).Bind(std::string_view(id_or_name));
    if (auto status = ReadAll(statement, found, TokenOf); !status.ok()) return status;
  }
  if (found.empty()) {
    return absl::NotFoundError(fmt::format("no token \"{}\" in fleet {}", id_or_name, fleet.value()));
  }
  TokenRecord& token = found.front();
  if (token.revoked) return token;
  token.revoked = at;
  auto status = connection.Prepare("UPDATE token SET revoked = ? WHERE id = ?")
                    .Bind(at)
                    .Bind(std::string_view(token.id.value()))
                    .Run();
  if (!status.ok()) return status;
  return token;
}

absl::StatusOr<std::vector<TokenRecord>> ReadUnrevokedTokens(Connection& connection) {
  static const std::string kTokens = fmt::format("SELECT {} FROM token WHERE revoked IS NULL", kTokenColumns);
  std::vector<TokenRecord> tokens;
  Statement statement = connection.Prepare(kTokens);
  if (auto status = ReadAll(statement, tokens, TokenOf); !status.ok()) return status;
  return tokens;
}

absl::StatusOr<std::vector<TokenRecord>> ReadTokens(Connection& connection, const FleetName& fleet, std::uint32_t limit,
                                                    const TokenId& after) {
  static const std::string kTokens =
      fmt::format("SELECT {} FROM token WHERE fleet = ? AND id > ? ORDER BY id LIMIT ?", kTokenColumns);
  std::vector<TokenRecord> tokens;
  Statement statement = connection.Prepare(kTokens);
  statement.Bind(std::string_view(fleet.value())).Bind(std::string_view(after.value())).Bind(std::int64_t{limit});
  if (auto status = ReadAll(statement, tokens, TokenOf); !status.ok()) return status;
  return tokens;
}

absl::Status RemoveGoneTokens(Connection& connection, absl::Time gone_before) {
  return connection.Prepare("DELETE FROM token WHERE expires < ?1 OR revoked < ?1").Bind(gone_before).Run();
}

absl::Status WriteAudit(Connection& connection, const std::vector<AuditRecord>& records) {
  // By name, so that replicas that store at once wait for each other in one order.
  std::map<std::string, std::int64_t> places;
  for (const AuditRecord& record : records) ++places[AuditClassOf(record)];
  for (auto& [name, place] : places) {
    const auto stored = CountAudit(connection, name, place);
    if (!stored.ok()) return stored.status();
    place = *stored - place;
  }
  for (const AuditRecord& record : records) {
    const std::string name = AuditClassOf(record);
    if (auto status = WriteAudit(connection, record, name, ++places[name]); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AuditRecord>> ReadAudit(Connection& connection, const AuditStore::Query& query) {
  static const std::string kOfFleet = fmt::format(
      "SELECT {} FROM audit WHERE number < ? AND at >= ? AND fleet = ? ORDER BY number DESC LIMIT ?", kAuditColumns);
  static const std::string kOfAll =
      fmt::format("SELECT {} FROM audit WHERE number < ? AND at >= ? ORDER BY number DESC LIMIT ?", kAuditColumns);
  Statement statement = connection.Prepare(query.fleet ? kOfFleet : kOfAll);
  statement.Bind(query.before == 0 ? INT64_MAX : static_cast<std::int64_t>(query.before)).Bind(query.since);
  if (query.fleet) statement.Bind(std::string_view(query.fleet->value()));
  statement.Bind(std::int64_t{query.limit});
  std::vector<AuditRecord> records;
  if (auto status = ReadAll(statement, records, AuditOf); !status.ok()) return status;
  return records;
}

absl::StatusOr<std::uint32_t> RemoveOldAudit(Connection& connection, absl::Time before,
                                             const AuditStore::Limits& limits) {
  // Only the oldest are looked at: they were stored in about the order of their times.
  auto status = connection
                    .Prepare(
                        "DELETE FROM audit WHERE number IN (SELECT number FROM "
                        "(SELECT number, at FROM audit ORDER BY number LIMIT ?) AS oldest WHERE at < ?)")
                    .Bind(kAuditInStep)
                    .Bind(before)
                    .Run();
  if (!status.ok()) return status;
  std::int64_t removed = connection.changes();
  std::vector<AuditClass> classes;
  {
    Statement statement = connection.Prepare("SELECT name, stored FROM audit_class");
    status = ReadAll(statement, classes, [](const Statement& row) -> absl::StatusOr<AuditClass> {
      return AuditClass{row.Text(0), row.Int(1)};
    });
    if (!status.ok()) return status;
  }
  for (const AuditClass& kind : classes) {
    const std::uint64_t keep = IsClassOfChanges(kind.name) ? limits.changes : limits.refusals;
    status = connection
                 .Prepare(
                     "DELETE FROM audit WHERE number IN "
                     "(SELECT number FROM audit WHERE class = ? AND place <= ? ORDER BY place LIMIT ?)")
                 .Bind(std::string_view(kind.name))
                 .Bind(kind.stored - static_cast<std::int64_t>(keep))
                 .Bind(kAuditInStep)
                 .Run();
    if (!status.ok()) return status;
    removed += connection.changes();
  }
  return static_cast<std::uint32_t>(removed);
}

}  // namespace wsfleet::store
