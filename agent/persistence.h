#pragma once

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace wsfleet::agent {

// How long an agent waits for a session, and how long before it tries again. Both grow until there is one. When a whole
// fleet connects at once, each has its session only when most of the handshakes are done: whoever gave up early and
// began anew would only add to the queue that it waits in, and so would all of them, for ever.
class Persistence {
 public:
  static constexpr absl::Duration kFirstPatience = absl::Seconds(10);
  static constexpr absl::Duration kMaxPatience = absl::Minutes(1);
  static constexpr absl::Duration kFirstPause = absl::Milliseconds(200);
  static constexpr absl::Duration kMaxPause = absl::Seconds(5);
  static constexpr absl::Duration kMaxPauseRedirected = absl::Seconds(1);

  // From the attempt until the coordinator's welcome. Attempts where a redirect leads have a patience of their own: how
  // long others were waited for before says nothing of that one.
  absl::Duration Patience(bool redirected);
  // Between an attempt that failed and the next, within a fifth of it, so that agents do not keep step; `at_most`
  // before that.
  absl::Duration Pause(absl::Duration at_most = kMaxPause);
  void OnSession();
  // Somebody answered, if only to send us elsewhere: whoever is there now, or soon, is looked for in short intervals,
  // and who has answered need not be waited for longer the next time.
  void OnRedirect();

 private:
  absl::Duration patience_ = kFirstPatience;
  absl::Duration redirected_patience_ = kFirstPatience;
  absl::Duration pause_ = kFirstPause;
  absl::BitGen random_;
};

}  // namespace wsfleet::agent
