#include "coordinator/store/sql/migrations.h"
#include "coordinator/store/sql/rows.h"
#include "coordinator/store/sql/sql_store.h"
#include "coordinator/store/sql/use.h"

// Tokens and the audit log, which belong to no machine.
namespace wsfleet::store {

absl::Status SqlStore::CreateToken(const TokenRecord& token) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  Transaction transaction(*writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  const auto status = WriteToken(*writer, token);
  return status.ok() ? transaction.Commit() : status;
}

absl::StatusOr<TokenRecord> SqlStore::RevokeToken(const FleetName& fleet, const std::string& id_or_name,
                                                  absl::Time at) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  Transaction transaction(*writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  auto token = WriteRevocation(*writer, fleet, id_or_name, at);
  if (!token.ok()) return token;
  if (auto status = transaction.Commit(); !status.ok()) return status;
  return token;
}

absl::StatusOr<std::uint64_t> SqlStore::TokensVersion() {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  const auto version = ReadNumber(*connection, "SELECT version FROM token_version");
  if (!version.ok()) return version.status();
  return static_cast<std::uint64_t>(*version);
}

absl::StatusOr<std::vector<TokenRecord>> SqlStore::UnrevokedTokens() {
  const Use connection(*this, readers());
  return connection.status().ok() ? ReadUnrevokedTokens(*connection) : connection.status();
}

absl::StatusOr<std::vector<TokenRecord>> SqlStore::ListTokens(const FleetName& fleet, std::uint32_t limit,
                                                              const TokenId& after) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  return ReadTokens(*connection, fleet, limit, after);
}

absl::Status SqlStore::RemoveTokens(absl::Time gone_before) {
  const Use writer(*this, writer_);
  return writer.status().ok() ? RemoveGoneTokens(*writer, gone_before) : writer.status();
}

absl::Status SqlStore::AppendAudit(const std::vector<AuditRecord>& records) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  Transaction transaction(*writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  if (auto status = WriteAudit(*writer, records); !status.ok()) return status;
  return transaction.Commit();
}

absl::StatusOr<std::vector<AuditRecord>> SqlStore::ListAudit(const Query& query) {
  const Use connection(*this, readers());
  return connection.status().ok() ? ReadAudit(*connection, query) : connection.status();
}

absl::StatusOr<std::uint32_t> SqlStore::RemoveAudit(absl::Time before, const Limits& limits) {
  const Use writer(*this, writer_);
  return writer.status().ok() ? RemoveOldAudit(*writer, before, limits) : writer.status();
}

}  // namespace wsfleet::store
