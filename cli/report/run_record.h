#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/job/records.h"
#include "core/scenario/parser.h"
#include "core/verdict/summary.h"

namespace wsfleet::cli {

struct ShardRecordWithCases {
  ShardRecord shard;
  std::vector<CaseResult> cases;
};

// What every report says of a run whose fleet ended with the command.
inline constexpr std::string_view kLocalFleet = "local fleet on this machine";

// Everything that a report says of a run that has ended: the canonical bundle, from which every format renders.
struct RunRecord {
  JobRecord job;
  std::vector<ShardRecordWithCases> shards;
  Bundle bundle;  // for the author's lines
  JobSummary summary;
  bool local = false;  // its fleet ended with the command: no coordinator has the run any more
};

// Fills in the summary from the shards: the same truth table as the coordinator's. Once the run has ended, each planned
// case without a result gets one that says so (inconclusive, `tries` 0), so that every report shows all cases.
void Summarise(RunRecord& record);

// "nightly, due 2026-…Z": which schedule made a run; empty if none did.
std::string ScheduleOf(const JobRecord& job);

// Renders `format` (json, junit, ctrf, html, md); empty for a format that this version does not have.
std::string RenderReport(const RunRecord& record, const std::string& format);

}  // namespace wsfleet::cli
