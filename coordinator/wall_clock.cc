#include "coordinator/wall_clock.h"

#include <string_view>

#include "absl/time/clock.h"
#include "coordinator/clock.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kBetweenLooks = absl::Seconds(5);

constexpr std::string_view kNext =
    "keep the clock with NTP: leases and deadlines of runs go by the time that really passes, but schedules, "
    "certificates, tokens and --keep by the clock";

std::string AheadText(absl::Duration ahead) {
  return fmt::format("{} {}", FormatElapsed(absl::AbsDuration(ahead)),
                     ahead < absl::ZeroDuration() ? "behind" : "ahead of");
}

}  // namespace

std::string WrongClock(const FleetSnapshot& snapshot, absl::Time now) {
  const JobRecord* worst = nullptr;
  absl::Duration ahead;
  for (const JobRecord& job : snapshot.jobs) {
    const auto elapsed = snapshot.elapsed.find(job.id);
    if (elapsed == snapshot.elapsed.end() || !job.started) continue;
    const absl::Duration of_this = now - *job.started - elapsed->second;
    if (absl::AbsDuration(of_this) <= absl::AbsDuration(ahead)) continue;
    worst = &job;
    ahead = of_this;
  }
  if (worst == nullptr || absl::AbsDuration(ahead) < kClockTolerance) return {};
  return fmt::format("this machine's clock is {} that by which run {} began next=\"{}\"", AheadText(ahead),
                     worst->id.value(), kNext);
}

absl::Duration ClockSteps::Look(const Now& now) {
  const absl::Duration offset = now.wall - absl::UnixEpoch() - now.steady.since_start;
  const absl::Duration step = offset - offset_.value_or(offset);
  offset_ = offset;
  return absl::AbsDuration(step) < kClockTolerance ? absl::ZeroDuration() : step;
}

ClockWatch::ClockWatch(boost::asio::io_context& context) : timer_(context) { Look(); }

void ClockWatch::Look() {
  if (const absl::Duration step = steps_.Look({SteadyNow(), absl::Now()}); step != absl::ZeroDuration()) {
    spdlog::warn("this machine's clock was set, and is {} what it was next=\"{}\"", AheadText(step), kNext);
  }
  timer_.expires_after(absl::ToChronoNanoseconds(kBetweenLooks));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Look();
  });
}

}  // namespace wsfleet::coordinator
