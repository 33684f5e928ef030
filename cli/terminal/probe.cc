#include "cli/terminal/probe.h"

#include <optional>

#include "cli/output.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

std::string Time(const std::optional<absl::Duration>& duration) { return duration ? FormatElapsed(*duration) : "-"; }

std::string Outcome(const CaseResult& result) {
  if (!result.failure) return std::string(OutcomeName(result.outcome));
  return fmt::format("{} in {}", FailureClassName(result.failure->failure_class), PhaseName(result.failure->phase));
}

// What was spoken with the target; "-" where that was not reached.
std::string Protocol(const CaseResult& result) {
  const ProofOfExecution& proof = result.proof;
  if (!proof.tls_version.empty()) return Printable(fmt::format("{} {}", proof.tls_version, proof.tls_cipher));
  const bool plain = result.target.starts_with("ws://") || result.target.starts_with("http://");
  return plain && proof.connections > 0 ? "no TLS" : "-";
}

}  // namespace

std::string RenderProbe(const RunRecord& record) {
  Listing listing;
  for (const char* title : {"REGION", "RESULT", "RESOLVE", "CONNECT", "TLS", "UPGRADE", "TOTAL", "PEER", "PROTOCOL"}) {
    listing.columns.push_back({title});
  }
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      const PhaseTimings& timings = result.proof.timings;
      listing.rows.push_back({Printable(entry.shard.region.value()), Outcome(result), Time(timings.resolve),
                              Time(timings.connect), Time(timings.tls), Time(timings.upgrade), Time(timings.total),
                              Printable(result.proof.peer_address), Protocol(result)});
    }
  }
  return Render(listing, OutputFormat::kTable);
}

}  // namespace wsfleet::cli
