#include "agent/persistence.h"

#include <algorithm>
#include <utility>

namespace wsfleet::agent {

absl::Duration Persistence::Patience() { return std::exchange(patience_, std::min(patience_ * 2, kMaxPatience)); }

absl::Duration Persistence::Pause(absl::Duration at_most) {
  const absl::Duration pause = std::min(std::exchange(pause_, std::min(pause_ * 2, kMaxPause)), at_most);
  return pause * absl::Uniform(random_, 0.8, 1.2);
}

void Persistence::OnRedirect() { pause_ = std::min(pause_, kMaxPauseRedirected); }

void Persistence::OnSession() {
  patience_ = kFirstPatience;
  pause_ = kFirstPause;
}

}  // namespace wsfleet::agent
