#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "coordinator/store/store.h"

namespace wsfleet::coordinator {

bool IsPostgresUrl(std::string_view store);

// INVALID_ARGUMENT: what was expected instead of this name, and nothing of it that may be a password.
absl::Status CheckStoreName(const std::string& store);

// The store of that name. Errors are those of SqliteStore and PostgresStore.
absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(const std::string& name,
                                                        const store::OnDiskFailed& on_failed = {});

}  // namespace wsfleet::coordinator
