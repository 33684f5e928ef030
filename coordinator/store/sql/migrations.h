#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/sql/connection.h"

namespace wsfleet::store {

// Never changed once released; what is wrong with one is put right by a later one. They go forward only.
struct Migration {
  int number;  // from 1
  const char* name;
  const char* sql;
};

// From version `current` (0: an empty database, which `preamble` prepares) to that of the last migration, each in a
// transaction of its own. FAILED_PRECONDITION: the schema is of a newer program.
absl::Status ApplyMigrations(Connection& connection, std::span<const Migration> migrations, std::int64_t current,
                             const std::string& preamble);

// The first column of the first row; 0 if there is none.
absl::StatusOr<std::int64_t> ReadNumber(Connection& connection, std::string_view sql);

}  // namespace wsfleet::store
