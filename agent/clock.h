#pragma once

#include "core/base/now.h"

namespace wsfleet::agent {

// CLOCK_BOOTTIME: goes on while the machine sleeps, so that a lease also ends for a laptop whose lid was closed, and is
// not moved when somebody sets the wall clock. Thread-safe.
SteadyTime BootTime();

// Both clocks, for code that is told the time. Thread-safe.
Now ReadClocks();

}  // namespace wsfleet::agent
