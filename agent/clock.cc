#include "agent/clock.h"

#include <time.h>

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace wsfleet::agent {

SteadyTime BootTime() {
  timespec reading{};
  clock_gettime(CLOCK_BOOTTIME, &reading);
  return SteadyTime{absl::DurationFromTimespec(reading)};
}

Now ReadClocks() { return Now{BootTime(), absl::Now()}; }

void WaitOn(boost::asio::steady_timer& timer, absl::Duration duration, std::function<void()> then) {
  timer.expires_after(absl::ToChronoNanoseconds(duration));
  timer.async_wait([then = std::move(then)](const boost::system::error_code& error) {
    if (!error) then();
  });
}

}  // namespace wsfleet::agent
