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
  // The truth is within half a round trip of each (section 11.2.1): where two exclude each other, a clock was set.
  const Sample* best = Best();
  if (best != nullptr && absl::AbsDuration(ahead - best->ahead) > (round_trip + best->round_trip) / 2) count_ = 0;
  samples_[count_++ % kKept] = {round_trip, ahead};
}

const ClockOffset::Sample* ClockOffset::Best() const {
  if (count_ == 0) return nullptr;
  const auto end = samples_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kKept));
  return &*std::min_element(samples_.begin(), end,
                            [](const Sample& a, const Sample& b) { return a.round_trip < b.round_trip; });
}

std::optional<absl::Duration> ClockOffset::agent_ahead() const {
  const Sample* best = Best();
  return best == nullptr ? std::nullopt : std::optional(best->ahead);
}

}  // namespace wsfleet
