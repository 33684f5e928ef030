#include "coordinator/store/sql/migrations.h"

#include "core/base/version.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

absl::Status Apply(Connection& connection, const Migration& migration, const std::string& preamble) {
  Transaction transaction(connection, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  if (!preamble.empty()) {
    if (auto status = connection.Execute(preamble); !status.ok()) return status;
  }
  if (auto status = connection.Execute(migration.sql); !status.ok()) return status;
  auto status = connection.Prepare("INSERT INTO migration (number, name, program) VALUES (?, ?, ?)")
                    .Bind(std::int64_t{migration.number})
                    .Bind(std::string_view(migration.name))
                    .Bind(std::string_view(kVersion))
                    .Run();
  return status.ok() ? transaction.Commit() : status;
}

}  // namespace

absl::Status ApplyMigrations(Connection& connection, std::span<const Migration> migrations, std::int64_t current,
                             const std::string& preamble) {
  const int newest = migrations.back().number;
  if (current > newest) {
    return absl::FailedPreconditionError(
        fmt::format("its schema is version {}, this program ({}) knows versions up to {}; "
                    "run a newer wsfleet-coordinator, or name another store with --store",
                    current, kVersion, newest));
  }
  for (const Migration& migration : migrations) {
    if (migration.number <= current) continue;
    if (auto status = Apply(connection, migration, migration.number == 1 ? preamble : ""); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> ReadNumber(Connection& connection, std::string_view sql) {
  Statement statement = connection.Prepare(sql);
  const auto row = statement.Step();
  if (!row.ok()) return row.status();
  return *row ? statement.Int(0) : 0;
}

}  // namespace wsfleet::store
