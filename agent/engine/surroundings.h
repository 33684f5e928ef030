#pragma once

#include "absl/time/time.h"
#include "agent/engine/session_slots.h"
#include "agent/engine/traffic.h"
#include "core/session/held_bytes.h"

namespace wsfleet::engine {

// What all shards of an engine share: what it knows of the machine that it runs on, and what is counted. Belongs to its
// thread.
struct Surroundings {
  absl::Duration clock_ahead;  // of the wall clock against the coordinator's; zero until it was measured
  bool hold = false;           // no case begins: its result would have no place
  absl::Duration loop_lag;     // by how much the event loop was late, at most, in the last 5 s
  Traffic* traffic = nullptr;  // of all connections; null: nobody counts
  HeldBytes* held = nullptr;   // of all connections; null: nobody counts
  SessionSlots* slots = nullptr;
};

}  // namespace wsfleet::engine
