#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/interrupt.h"
#include "cli/terminal/console.h"
#include "cli/terminal/progress.h"

namespace wsfleet::cli {

struct FollowOptions {
  // An interrupt cancels the run and waits a few seconds for its end; otherwise it only leaves.
  bool cancel_on_interrupt = false;
  bool keys = false;  // `d` leaves the run alone
};

enum class Followed {
  kToTheEnd,
  kDetached,     // with `d`
  kInterrupted,  // and the end was not seen
};

// Follows a run to its end, through broken connections (60 s of them at most).
absl::StatusOr<Followed> Follow(CoordinatorClient& client, const std::string& job, const FollowOptions& options,
                                Progress& progress, Interrupt& interrupt);

}  // namespace wsfleet::cli
