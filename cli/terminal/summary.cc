#include "cli/terminal/summary.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

struct Sighting {
  const CaseResult* result = nullptr;
  std::vector<std::string> regions;
};

std::string Wire(const ProofOfExecution& proof) {
  std::string out;
  const auto add = [&](const std::string& text) { out += out.empty() ? text : fmt::format(" · {}", text); };
  if (proof.timings.total) add(fmt::format("{} in all", FormatElapsed(*proof.timings.total)));
  if (!proof.tls_version.empty()) add(proof.tls_version);
  if (!proof.peer_address.empty()) add(proof.peer_address);
  add(fmt::format("{} frames, {} in", proof.frames_in, FormatBytes(proof.bytes_in)));
  return out;
}

std::string Line(std::string_view label, std::string_view text) {
  return fmt::format("   = {}: {}\n", label, Printable(text));
}

std::string RenderFailure(const RunRecord& record, const Sighting& sighting, std::size_t regions_of_run) {
  const CaseResult& result = *sighting.result;
  const Failure& failure = *result.failure;
  std::string regions;
  for (const std::string& region : sighting.regions) regions += (regions.empty() ? "" : ", ") + region;
  std::string out =
      fmt::format("\n{} {} › {}  {}  [{}]\n", result.outcome == Outcome::kFailed ? "✗" : "?", Printable(result.suite),
                  Printable(result.scenario), regions, FailureClassName(failure.failure_class));
  if (failure.range.known()) {
    const Diagnostic diagnostic{Diagnostic::Severity::kError, failure.range, Printable(failure.message)};
    out += fmt::format("  --> {}", RenderDiagnostic(diagnostic, record.bundle.files));
  } else {
    out += fmt::format("  {}\n", Printable(failure.message));
  }
  out += Line("phase", PhaseName(failure.phase));
  const Evidence& evidence = failure.evidence;
  if (evidence.status) out += Line("answer", fmt::format("{} {}", *evidence.status, evidence.status_reason));
  if (!evidence.body_excerpt.empty()) out += Line("body", Excerpt(evidence.body_excerpt, 200));
  if (evidence.close_code) out += Line("close", fmt::format("{} {}", *evidence.close_code, evidence.close_reason));
  for (const Note& note : failure.notes) out += Line(note.label, note.text);
  for (const AttributedFailure& attributed : record.summary.failures) {
    if (attributed.suite != result.suite || attributed.scenario != result.scenario ||
        attributed.failure_class != failure.failure_class || attributed.phase != failure.phase) {
      continue;
    }
    out += Line("scope", fmt::format("{} of {} regions → {}", sighting.regions.size(), regions_of_run,
                                     AttributionName(attributed.attribution)));
  }
  std::string wire = Wire(result.proof);
  if (!evidence.trace_id.empty()) wire += fmt::format(" · trace {}", evidence.trace_id);
  return out + Line("wire", wire);
}

std::string RenderMatrix(const RunRecord& record) {
  std::map<std::string, std::map<std::string, std::pair<int, int>>> cells;  // suite → region → (passed, all)
  std::vector<std::string> regions;
  for (const ShardRecordWithCases& entry : record.shards) {
    const std::string& region = entry.shard.region.value();
    if (std::find(regions.begin(), regions.end(), region) == regions.end()) regions.push_back(region);
    for (const CaseResult& result : entry.cases) {
      auto& [passed, all] = cells[result.suite][region];
      passed += result.outcome == Outcome::kPassed;
      ++all;
    }
  }
  for (const std::string& suite : record.job.spec.suites) cells[suite];
  std::string out = fmt::format("\n{:<20}", "");
  for (const std::string& region : regions) out += fmt::format(" {:<14}", region);
  for (const auto& [suite, row] : cells) {
    out += fmt::format("\n {:<19}", Printable(Excerpt(suite, 18)));
    for (const std::string& region : regions) {
      const auto cell = row.find(region);
      if (cell == row.end()) {
        out += fmt::format(" {:<14}", "? no result");
        continue;
      }
      const auto [passed, all] = cell->second;
      out += fmt::format(" {:<14}", fmt::format("{} {}/{}", passed == all ? "+" : "-", passed, all));
    }
  }
  return out + "\n";
}

}  // namespace

std::string RenderSummary(const RunRecord& record, bool full) {
  using Key = std::tuple<std::string, FailureClass, std::string>;
  std::map<Key, Sighting> failures;
  std::vector<Key> order;
  std::set<std::string> regions;
  std::string skipped;
  for (const ShardRecordWithCases& entry : record.shards) {
    regions.insert(entry.shard.region.value());
    for (const CaseResult& result : entry.cases) {
      if (result.outcome == Outcome::kSkipped && full) {
        skipped +=
            fmt::format("- {} › {}  {}  skipped: {} ({})\n", Printable(result.suite), Printable(result.scenario),
                        entry.shard.region.value(), SkipReasonName(result.skip_reason), Printable(result.skip_detail));
      }
      if (!result.failure) continue;
      const Key key{result.case_id.value(), result.failure->failure_class, result.failure->message};
      Sighting& sighting = failures[key];
      if (sighting.result == nullptr) order.push_back(key);
      if (sighting.result == nullptr) sighting.result = &result;
      sighting.regions.push_back(entry.shard.region.value());
    }
  }
  std::string out;
  if (full) {
    for (const Key& key : order) out += RenderFailure(record, failures[key], regions.size());
    out += skipped;
  }
  out += RenderMatrix(record);
  for (const std::string& reason : record.summary.reasons) out += fmt::format("  {}\n", Printable(reason));
  const Counts& counts = record.summary.counts;
  return out + fmt::format("VERDICT {} (exit {})   passed {} · failed {} · inconclusive {} · skipped {} · flaky {}\n",
                           JobVerdictName(record.summary.verdict), ExitCode(record.summary.verdict), counts.passed,
                           counts.failed, counts.inconclusive, counts.skipped, counts.flaky);
}

}  // namespace wsfleet::cli
