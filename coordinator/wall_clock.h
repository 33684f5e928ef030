#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "core/base/now.h"
#include "core/job/batch.h"

// What is said of this machine's wall clock where it cannot be right.
namespace wsfleet::coordinator {

// Less than this is how clocks differ that are kept.
inline constexpr absl::Duration kClockTolerance = absl::Minutes(1);

// That the clock is not the one by which a run of the snapshot began; empty if it may be.
std::string WrongClock(const FleetSnapshot& snapshot, absl::Time now);

// Notices that the clock was set while the process runs.
class ClockSteps {
 public:
  // By how much it was set since the last look; zero the first time, and for less than the tolerance.
  absl::Duration Look(const Now& now);

 private:
  std::optional<absl::Duration> offset_;  // of the wall clock against the steady one
};

// Says so in the log, within seconds: it looks now and then. (A timerfd would tell at once, but of the kernel's clock
// alone, which is not what a process behind another one reads.) Runs on the context.
class ClockWatch {
 public:
  explicit ClockWatch(boost::asio::io_context& context);

 private:
  void Look();

  ClockSteps steps_;
  boost::asio::steady_timer timer_;
};

}  // namespace wsfleet::coordinator
