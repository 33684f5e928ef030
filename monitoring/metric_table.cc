#include "monitoring/metric_table.h"

#include <algorithm>
#include <array>

namespace wsfleet::monitoring {
namespace {

constexpr double kBuckets[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

std::vector<MetricFacts> MakeTable() {
  const std::vector<Program> coordinator{Program::kCoordinator};
  const std::vector<Program> agent{Program::kAgent};
  return {
      {Metric::kChecks,
       "wsfleet_checks_total",
       MetricKind::kCounter,
       coordinator,
       {"fleet", "suite", "scenario", "region", "result", "class"},
       "Results of cases that were counted; suite and scenario only of runs that a schedule made, else empty.",
       20'000},
      {Metric::kCheckSuccess,
       "wsfleet_check_success",
       MetricKind::kGauge,
       coordinator,
       {"fleet", "suite", "scenario", "region"},
       "Whether the last run by a schedule passed (1) or failed (0) there; what is inconclusive or skipped changes "
       "nothing.",
       10'000},
      {Metric::kAgents,
       "wsfleet_agents",
       MetricKind::kGauge,
       coordinator,
       {"fleet", "region", "state"},
       "Agents that are known: connected, draining, drained, lost or quarantined.",
       2'000},
      {Metric::kQueueDepth,
       "wsfleet_queue_depth",
       MetricKind::kGauge,
       coordinator,
       {"fleet"},
       "Shards of runs that wait for an agent, and runs that wait for agents to be known.",
       500},
      {Metric::kFleetStopped,
       "wsfleet_fleet_stopped",
       MetricKind::kGauge,
       coordinator,
       {"fleet"},
       "Whether the fleet is stopped by its kill switch (1) or runs (0).",
       500},
      {Metric::kScheduleMissed,
       "wsfleet_schedule_missed_total",
       MetricKind::kCounter,
       coordinator,
       {"fleet"},
       "Nominal times of schedules at which nothing was started, since nobody was there within the catch-up window, "
       "or the fleet was stopped.",
       500},
      {Metric::kConnectDuration,
       "wsfleet_connect_duration_seconds",
       MetricKind::kHistogram,
       agent,
       {"phase", "region"},
       "How long the phases of WebSocket connections took that were reached: resolve, connect (TCP), tls, upgrade, and "
       "total.",
       100},
      {Metric::kEventLatency,
       "wsfleet_event_latency_seconds",
       MetricKind::kHistogram,
       agent,
       {"event", "region"},
       "How long it took until messages came that a step expects, counted as its max_time is; event is the message's "
       "name, in runs that a schedule made, else empty.",
       200},
      {Metric::kSessionsActive,
       "wsfleet_sessions_active",
       MetricKind::kGauge,
       agent,
       {},
       "Sessions of scenarios that are under way on the agent.",
       1},
      {Metric::kMessages,
       "wsfleet_messages_total",
       MetricKind::kCounter,
       agent,
       {"direction", "opcode"},
       "WebSocket messages, pings and pongs that came in or that steps sent; answers to pings are not counted.",
       20},
      {Metric::kCloses,
       "wsfleet_closes_total",
       MetricKind::kCounter,
       agent,
       {"code"},
       "WebSocket connections by the code of the target's close frame; 1005: one without a code, 1006: none came.",
       64},
      {Metric::kClockOffset,
       "wsfleet_agent_clock_offset_seconds",
       MetricKind::kGauge,
       agent,
       {},
       "How far the agent's clock is ahead of the coordinator's; absent until it was measured.",
       1},
      {Metric::kBuildInfo,
       "wsfleet_build_info",
       MetricKind::kGauge,
       {Program::kCoordinator, Program::kAgent},
       {"program", "version"},
       "Always 1.",
       1},
  };
}

}  // namespace

std::span<const MetricFacts> MetricTable() {
  static const std::vector<MetricFacts> table = MakeTable();
  return table;
}

const MetricFacts& FactsOf(Metric metric) {
  return *std::ranges::find_if(MetricTable(), [&](const MetricFacts& facts) { return facts.metric == metric; });
}

std::string_view MetricKindName(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "";
}

std::string_view ProgramName(Program program) {
  return program == Program::kCoordinator ? "wsfleet-coordinator" : "wsfleet-agent";
}

std::span<const double> DurationBuckets() { return kBuckets; }

}  // namespace wsfleet::monitoring
