#include "core/base/clock_offset.h"

#include <algorithm>

namespace wsfleet {

void ClockOffset::Add(const ClockExchange& exchange) {
  const absl::Duration round_trip =
      (exchange.agent_received - exchange.agent_sent) - (exchange.coordinator_sent - exchange.coordinator_received);
  if (round_trip < absl::ZeroDuration()) return;
  const absl::Duration ahead =
      ((exchange.agent_sent - exchange.coordinator_received) + (exchange.agent_received - exchange.coordinator_sent)) /
      2;
  samples_[count_++ % kKept] = {round_trip, ahead};
}

std::optional<absl::Duration> ClockOffset::agent_ahead() const {
  if (count_ == 0) return std::nullopt;
  const auto end = samples_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kKept));
  return std::min_element(samples_.begin(), end,
                          [](const Sample& a, const Sample& b) { return a.round_trip < b.round_trip; })
      ->ahead;
}

}  // namespace wsfleet
