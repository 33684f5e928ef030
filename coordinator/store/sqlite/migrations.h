#pragma once

#include "absl/status/status.h"
#include "coordinator/store/sqlite/connection.h"

namespace wsfleet::store {

// Brings the schema to this program's version, each step in a transaction of its own. Forward only.
// FAILED_PRECONDITION: the store is of a newer program, or a database of something else; nothing is changed then.
absl::Status Migrate(Connection& connection);

// The version that Migrate() leads to.
int NewestSchema();

}  // namespace wsfleet::store
