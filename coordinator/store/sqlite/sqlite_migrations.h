#pragma once

#include "absl/status/status.h"
#include "coordinator/store/sql/connection.h"

namespace wsfleet::store {

// Brings a SQLite database to the newest schema. FAILED_PRECONDITION: it is of a newer program, or of another one.
absl::Status MigrateSqlite(Connection& connection);

}  // namespace wsfleet::store
