#pragma once

#include <functional>

#include "absl/time/time.h"
#include "boost/asio/steady_timer.hpp"
#include "core/base/now.h"

namespace wsfleet::agent {

// CLOCK_BOOTTIME: goes on while the machine sleeps, so that a lease also ends for a laptop whose lid was closed, and is
// not moved when somebody sets the wall clock. Thread-safe.
SteadyTime BootTime();

// Both clocks, for code that is told the time. Thread-safe.
Now ReadClocks();

// Calls `then` after so long, unless the timer is cancelled, set again or gone before.
void WaitOn(boost::asio::steady_timer& timer, absl::Duration duration, std::function<void()> then);

}  // namespace wsfleet::agent
