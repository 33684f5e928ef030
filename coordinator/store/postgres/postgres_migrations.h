#pragma once

#include "absl/status/status.h"
#include "coordinator/store/sql/connection.h"

namespace wsfleet::store {

// Brings a PostgreSQL database to the newest schema; of several replicas that start at once, one does.
// FAILED_PRECONDITION: it is of a newer program, or its tables are those of another.
absl::Status MigratePostgres(Connection& connection);

}  // namespace wsfleet::store
