#include "coordinator/clock.h"

#include <time.h>

namespace wsfleet::coordinator {

SteadyTime SteadyNow() {
  timespec reading{};
  clock_gettime(CLOCK_BOOTTIME, &reading);
  return SteadyTime{absl::DurationFromTimespec(reading)};
}

}  // namespace wsfleet::coordinator
