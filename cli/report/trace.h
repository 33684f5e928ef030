#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json/array.hpp"
#include "cli/report/run_record.h"

// What went over the wire in one case on one agent: the phases of its connection and the frames.
namespace wsfleet::cli {

struct PhaseTime {
  std::string_view name;
  absl::Duration time;
};
// The phases that follow one another, as far as they were reached: resolve, connect, tls, upgrade.
std::vector<PhaseTime> PhaseTimes(const PhaseTimings& timings);
// From the start of resolving to the 101, or to where it failed: "handshake 9.0ms"; of an HTTP request to the end of
// its answer: "request 9.0ms". Empty if it is not known.
std::string WholeText(const PhaseTimings& timings);
// "resolve 1.0ms · connect 2.0ms · handshake 9.0ms"; empty if no phase was reached.
std::string PhaseText(const PhaseTimings& timings);

struct Trace {
  const ShardRecord* shard = nullptr;  // both live in the record
  const CaseResult* result = nullptr;
};

// Of the cases that did not pass, or not in their first try, or of `case_name` (its id, or the name of its scenario)
// whatever became of it; of regions that `region` means (`*` stands for any run of characters; empty: all). Cases that
// were skipped or never reported have no trace. INVALID_ARGUMENT: no such case or region in this run.
absl::StatusOr<std::vector<Trace>> SelectTraces(const RunRecord& record, const std::string& case_name,
                                                const std::string& region);

// The transcript as a person reads it: time since the case's start, → sent or ← received, kind, size, excerpt.
std::string RenderTraces(const std::vector<Trace>& traces);

boost::json::array ToJson(const std::vector<Trace>& traces);

// Whether a reader has to be told which connection each entry is of.
bool HasSeveralConnections(const std::vector<TranscriptEntry>& transcript);

// "64 of 80 frames; the others were not kept", or of how many sessions they are not; empty if all are there.
std::string KeptText(const CaseResult& result);

}  // namespace wsfleet::cli
