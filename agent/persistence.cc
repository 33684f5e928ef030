#include "agent/persistence.h"

#include <algorithm>
#include <utility>

namespace wsfleet::agent {

absl::Duration Persistence::Patience() { return std::exchange(patience_, std::min(patience_ * 2, kMaxPatience)); }

absl::Duration Persistence::Pause() {
  const absl::Duration pause = std::exchange(pause_, std::min(pause_ * 2, kMaxPause));
  return pause * absl::Uniform(random_, 0.8, 1.2);
}

void Persistence::OnRedirect() { pause_ = std::min(pause_, kMaxPauseRedirected); }

void Persistence::OnSession() {
  patience_ = kFirstPatience;
  pause_ = kFirstPause;
}

}  // namespace wsfleet::agent
