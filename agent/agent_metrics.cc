#include "agent/agent_metrics.h"

#include <string>

namespace wsfleet::agent {

using engine::Traffic;
using monitoring::Metric;

Traffic::Observer AgentMetrics::Observer() const {
  if (metrics_ == nullptr) return {};
  const auto on_connection = [metrics = metrics_, region = region_.value()](const PhaseTimings& timings) {
    for (const auto& [phase, took] : {std::pair{"resolve", timings.resolve},
                                      {"connect", timings.connect},
                                      {"tls", timings.tls},
                                      {"upgrade", timings.upgrade},
                                      {"total", timings.total}}) {
      if (took) metrics->Observe(Metric::kConnectDuration, {phase, region}, *took);
    }
  };
  const auto on_event = [metrics = metrics_, region = region_.value()](const std::string& event,
                                                                       absl::Duration latency) {
    metrics->Observe(Metric::kEventLatency, {event, region}, latency);
  };
  return {on_connection, on_event};
}

void AgentMetrics::Update(const engine::Engine& engine, std::optional<absl::Duration> clock_ahead) {
  if (metrics_ == nullptr) return;
  const auto add = [&](Metric metric, const std::string& first, const std::string& second, std::uint64_t& shown,
                       std::uint64_t counted) {
    const monitoring::Metrics::Values values =
        second.empty() ? monitoring::Metrics::Values{first} : monitoring::Metrics::Values{first, second};
    metrics_->Add(metric, values, static_cast<double>(counted - std::exchange(shown, counted)));
  };
  for (const bool inbound : {false, true}) {
    for (const Opcode opcode : Traffic::kOpcodes) {
      add(Metric::kMessages, inbound ? "in" : "out", std::string(OpcodeName(opcode)), messages_[{inbound, opcode}],
          engine.traffic().messages(inbound, opcode));
    }
  }
  for (const auto& [code, count] : engine.traffic().closes()) {
    add(Metric::kCloses, code == Traffic::kFurtherCodes ? "other" : std::to_string(code), "", closes_[code], count);
  }
  metrics_->Set(Metric::kSessionsActive, {}, engine.health().open_sessions);
  if (clock_ahead) metrics_->Set(Metric::kClockOffset, {}, absl::ToDoubleSeconds(*clock_ahead));
}

}  // namespace wsfleet::agent
