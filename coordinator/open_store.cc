#include "coordinator/open_store.h"

#include "coordinator/store/postgres/postgres_store.h"
#include "coordinator/store/sqlite/sqlite_store.h"

namespace wsfleet::coordinator {

bool IsPostgresUrl(std::string_view store) {
  return store.starts_with("postgres://") || store.starts_with("postgresql://");
}

absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(const std::string& name, const store::OnDiskFailed& on_failed) {
  // A PostgreSQL server minds its disk itself.
  if (IsPostgresUrl(name)) return store::PostgresStore::Open(name);
  return store::SqliteStore::Open(name, on_failed);
}

}  // namespace wsfleet::coordinator
