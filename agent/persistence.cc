#include "agent/persistence.h"

#include <algorithm>
#include <utility>

namespace wsfleet::agent {

absl::Duration Persistence::Patience(bool redirected) {
  absl::Duration& patience = redirected ? redirected_patience_ : patience_;
  return std::exchange(patience, std::min(patience * 2, kMaxPatience));
}

absl::Duration Persistence::Pause(absl::Duration at_most) {
  const absl::Duration pause = std::min(std::exchange(pause_, std::min(pause_ * 2, kMaxPause)), at_most);
  return pause * absl::Uniform(random_, 0.8, 1.2);
}

void Persistence::OnRedirect() {
  patience_ = kFirstPatience;
  pause_ = std::min(pause_, kMaxPauseRedirected);
}

void Persistence::OnSession() {
  patience_ = redirected_patience_ = kFirstPatience;
  pause_ = kFirstPause;
}

}  // namespace wsfleet::agent
