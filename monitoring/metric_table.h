#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

// Every metric that the programs show, once: what registers them and docs/reference/metrics.md are made of this table.
namespace wsfleet::monitoring {

enum class Metric {
  kChecks,
  kCheckSuccess,
  kAgents,
  kQueueDepth,
  kFleetStopped,
  kScheduleMissed,
  kConnectDuration,
  kEventLatency,
  kSessionsActive,
  kMessages,
  kCloses,
  kClockOffset,
  kBuildInfo,
};
enum class MetricKind { kCounter, kGauge, kHistogram };
enum class Program { kCoordinator, kAgent };

struct MetricFacts {
  Metric metric;
  std::string_view name;
  MetricKind kind;
  std::vector<Program> programs;         // that show it; but for the version one only, so that sums count nothing twice
  std::vector<std::string_view> labels;  // in the order in which values are given
  std::string_view help;                 // a sentence, also for the reference
  std::size_t max_series;                // further sets of labels are one: "other"
};

std::span<const MetricFacts> MetricTable();
const MetricFacts& FactsOf(Metric metric);
std::string_view MetricKindName(MetricKind kind);  // "counter"
std::string_view ProgramName(Program program);     // "wsfleet-coordinator"

// Upper bounds of histograms, in seconds.
std::span<const double> DurationBuckets();

}  // namespace wsfleet::monitoring
