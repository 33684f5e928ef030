#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "agent/engine/engine.h"
#include "monitoring/metrics.h"

namespace wsfleet::agent {

// What an agent shows of its engine. Runs on the agent's strand, but for what is said to be the engine's.
class AgentMetrics {
 public:
  // `metrics`: null, or outlives it.
  AgentMetrics(monitoring::Metrics* metrics, RegionName region) : metrics_(metrics), region_(std::move(region)) {}

  // Of the engine; called on its thread.
  engine::Traffic::Observer Observer() const;

  // What has changed since it was called last.
  void Update(const engine::Engine& engine, std::optional<absl::Duration> clock_ahead);

 private:
  monitoring::Metrics* const metrics_;
  const RegionName region_;
  std::map<std::pair<bool, Opcode>, std::uint64_t> messages_;  // as they were shown last
  std::map<std::uint16_t, std::uint64_t> closes_;
};

}  // namespace wsfleet::agent
