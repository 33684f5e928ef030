#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "coordinator/store/store.h"

namespace wsfleet::coordinator {

bool IsPostgresUrl(std::string_view store);

// The store of that name. Errors are those of SqliteStore and PostgresStore.
absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(const std::string& name,
                                                        const store::OnDiskFailed& on_failed = {});

}  // namespace wsfleet::coordinator
