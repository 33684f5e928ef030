#include "monitoring/reference.h"

#include "fmt/format.h"
#include "monitoring/metric_table.h"

namespace wsfleet::monitoring {
namespace {

constexpr char kHead[] = R"(# Metrics

<!-- Made of monitoring/metric_table.cc: WSFLEET_UPDATE_REFERENCE=1 monitoring_test writes it anew. -->

`wsfleet-coordinator` and `wsfleet-agent` serve plain HTTP with `--http-listen HOST:PORT`: GET and HEAD, no secrets, nothing that changes
anything. Without the flag there is no such port.

| path | answer |
| --- | --- |
| /livez | 200, unless the thread that decides has not answered for a minute (503: restart it). An agent without a coordinator lives. |
| /readyz | 200 if it serves: a coordinator with its fleets loaded and its store in reach, an agent with a session. Else 503, with a line for each reason. |
| /metrics | Prometheus' text format, 0.0.4 |

Each connection carries one request, of at most 8 KiB, which has to be there within 5 s; 64 connections are served at once, and a further one ends the
oldest.

No metric has a label of a run, a session or a person. Label values are cut at 160 bytes; beyond the number of series in the table, further ones are
counted as one with the value `other` in each label (gauges are left out). Each metric is one program's, so that sums count nothing twice. With
several coordinators each shows the fleets that it runs.
)";

constexpr char kTail[] = R"(
Result is passed, failed, inconclusive or skipped; class is that of [failures](failures.md), empty for what passed, and the reason of what was skipped.
`wsfleet_check_success` begins with the first result after the coordinator's start, and goes when its schedule is deleted or the case is no
longer part of it.

Not yet: `wsfleet_sessions_dropped_total` (sessions that a load could not begin), which comes with load tests.
)";

std::string Labels(const MetricFacts& facts) {
  std::string text;
  for (const std::string_view label : facts.labels) text += fmt::format("{}{}", text.empty() ? "" : ", ", label);
  return text;
}

std::string Programs(const MetricFacts& facts) {
  std::string text;
  for (const Program program : facts.programs) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", ProgramName(program));
  }
  return text;
}

}  // namespace

std::string RenderReference() {
  std::string text = kHead;
  text += "\n| metric | kind | labels | series at most | program | what |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const MetricFacts& facts : MetricTable()) {
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", facts.name, MetricKindName(facts.kind), Labels(facts),
                        facts.max_series, Programs(facts), facts.help);
  }
  text += "\nUpper bounds of the histogram's buckets, in seconds:";
  for (const double bound : DurationBuckets()) text += fmt::format(" {}", bound);
  return text + ".\n" + kTail;
}

}  // namespace wsfleet::monitoring
