#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "absl/time/time.h"

namespace wsfleet {

// The four stamps of one exchange, by the clocks that the names say.
struct ClockExchange {
  absl::Time agent_sent;
  absl::Time coordinator_received;
  absl::Time coordinator_sent;
  absl::Time agent_received;
};

// How far the agent's wall clock is ahead of the coordinator's (RFC 5905, section 8): of the last exchanges, that with
// the shortest round trip tells, since queueing makes the two ways unequal. When a clock was set, those before say
// nothing any more. Not thread-safe.
class ClockOffset {
 public:
  // Exchanges with an impossible round trip (a clock was set meanwhile) are ignored.
  void Add(const ClockExchange& exchange);

  std::optional<absl::Duration> agent_ahead() const;

 private:
  struct Sample {
    absl::Duration round_trip;
    absl::Duration ahead;
  };
  static constexpr std::size_t kKept = 8;

  // Null before the first.
  const Sample* Best() const;

  std::array<Sample, kKept> samples_{};
  std::size_t count_ = 0;
};

}  // namespace wsfleet
