#include "agent/clock.h"

#include <time.h>

#include "absl/time/clock.h"

namespace wsfleet::agent {

SteadyTime BootTime() {
  timespec reading{};
  clock_gettime(CLOCK_BOOTTIME, &reading);
  return SteadyTime{absl::DurationFromTimespec(reading)};
}

Now ReadClocks() { return Now{BootTime(), absl::Now()}; }

}  // namespace wsfleet::agent
