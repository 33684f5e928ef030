#pragma once

#include "core/base/now.h"

namespace wsfleet::coordinator {

// CLOCK_BOOTTIME: goes on while the machine sleeps, so that neither a lease nor an ownership outlives its time in a
// virtual machine that was paused. Thread-safe.
SteadyTime SteadyNow();

}  // namespace wsfleet::coordinator
