#pragma once

#include "agent/engine/engine.h"
#include "core/base/now.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::agent {

// Measures this process: CPU since the last reading, and what the engine says of itself. Not thread-safe.
class HealthMeter {
 public:
  HealthMeter();
  v1::AgentHealth Read(const engine::Engine& engine);

 private:
  SteadyTime last_read_;
  absl::Duration last_cpu_;
};

}  // namespace wsfleet::agent
