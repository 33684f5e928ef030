#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/options.h"
#include "coordinator/store/store.h"

namespace wsfleet::coordinator {

using StoreOpener = std::function<absl::StatusOr<std::unique_ptr<store::Store>>(const std::string& name,
                                                                                const store::OnDiskFailed& on_failed)>;

// The coordinator as a process: its log, its signals, its ready file. Returns the exit code, with the reason on stderr.
// Ends the process at once, with 1, if the disk of the store can no longer be believed.
int RunProcess(const CommandLine& options, const StoreOpener& open);

}  // namespace wsfleet::coordinator
