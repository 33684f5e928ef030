#include "cli/terminal/summary.h"

#include <algorithm>
#include <set>
#include <vector>

#include "cli/output.h"
#include "cli/report/cause.h"
#include "cli/report/credential_hint.h"
#include "cli/report/finding.h"
#include "cli/report/matrix.h"
#include "cli/report/trace.h"
#include "cli/report/tries.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

std::string Wire(const CaseResult& result) {
  const ProofOfExecution& proof = result.proof;
  std::string out;
  const auto add = [&](const std::string& text) { out += out.empty() ? text : fmt::format(" · {}", text); };
  if (proof.timings.total) add(WholeText(proof.timings));
  add(fmt::format("case {}", FormatElapsed(result.duration)));
  if (!proof.tls_version.empty()) add(proof.tls_version);
  if (!proof.peer_address.empty()) add(proof.peer_address);
  add(fmt::format("{}, {} in", CountText(proof.frames_in, "frame"), FormatBytes(proof.bytes_in)));
  return out;
}

constexpr std::size_t kMaxAlikeNamed = 10;
constexpr std::size_t kMaxMessageInALine = 300;
constexpr std::size_t kMaxFlakyNamed = 20;
constexpr std::size_t kMaxLogLines = 6;  // the last ones; reports have them all

std::string Line(std::string_view label, std::string_view text) {
  return fmt::format("   = {}: {}\n", Printable(label), Printable(text));
}

// "eu-west-1 only (us-east-1 passed)", or how many regions saw it.
std::string Scope(const RunRecord& record, const Finding& finding) {
  const std::set<std::string> regions = Regions(record);
  if (finding.regions.size() != 1 || regions.size() < 2) {
    return fmt::format("{} of {} regions", finding.regions.size(), regions.size());
  }
  std::set<std::string> passed;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      const bool same = result.case_id == finding.result->case_id;
      if (same && result.outcome == Outcome::kPassed) passed.insert(Printable(entry.shard.region.value()));
    }
  }
  return fmt::format("{} only{}", finding.regions.front(),
                     passed.empty() ? "" : fmt::format(" ({} passed)", fmt::join(passed, ", ")));
}

// "✗ chat › two  eu-west-1  [upgrade-refused-5xx]".
std::string Heading(const Finding& finding) {
  const CaseResult& result = *finding.result;
  return fmt::format("{} {} › {}  {}  [{}]", result.outcome == Outcome::kFailed ? "✗" : "?", Printable(result.suite),
                     Printable(result.scenario), RegionList(finding), FailureClassName(result.failure->failure_class));
}

std::string RenderFailureInALine(const Finding& finding) {
  const Failure& failure = *finding.result->failure;
  return fmt::format("{}{}  {}\n", Heading(finding),
                     failure.range.known() ? "  " + Printable(ToString(failure.range)) : "",
                     Printable(Excerpt(failure.message, kMaxMessageInALine)));
}

// What was observed of the answer and of its peer.
std::string RenderEvidence(const Failure& failure) {
  const Evidence& evidence = failure.evidence;
  std::string out;
  if (evidence.status) out += Line("answer", fmt::format("{} {}", *evidence.status, evidence.status_reason));
  for (const HeaderField& header : TellingHeaders(evidence)) out += Line(header.name, header.value);
  if (!evidence.body_excerpt.empty()) out += Line("body", Excerpt(evidence.body_excerpt, 200));
  if (evidence.close_code) out += Line("close", fmt::format("{} {}", *evidence.close_code, evidence.close_reason));
  // Of a connection that TLS let through it explains nothing.
  if (failure.phase == Phase::kTls) {
    for (const std::string& certificate : evidence.certificates) out += Line("certificate", certificate);
  }
  for (const Note& note : failure.notes) out += Line(note.label, note.text);
  if (!failure.hint.empty()) out += Line("hint", failure.hint);
  return out;
}

std::string RenderLogs(const CauseLogs& logs) {
  std::string out;
  for (const LogExcerpt& log : *logs.excerpts) {
    out += Line("log", LogHeading(log).substr(4) + (logs.whose.empty() ? "" : ", of " + logs.whose));
    const std::size_t skipped = log.lines.size() - std::min(log.lines.size(), kMaxLogLines);
    for (std::size_t i = skipped; i < log.lines.size(); ++i) out += fmt::format("   |  {}\n", Printable(log.lines[i]));
  }
  return out;
}

std::string RenderFailure(const RunRecord& record, const Cause& cause) {
  const Finding& finding = *cause.findings.front();
  const CaseResult& result = *finding.result;
  const Failure& failure = *result.failure;
  std::string out = fmt::format("\n{}\n", Heading(finding));
  if (failure.range.known()) {
    const Diagnostic diagnostic{Diagnostic::Severity::kError, failure.range, Printable(failure.message)};
    out += fmt::format("  --> {}", RenderDiagnostic(diagnostic, record.bundle.files));
  } else {
    out += fmt::format("  {}\n", Printable(failure.message));
  }
  out += Line("phase", PhaseName(failure.phase));
  out += RenderEvidence(failure);
  if (const std::string sessions = SessionsText(finding); !sessions.empty()) out += Line("sessions", sessions);
  if (const std::string tries = TriesText(result); !tries.empty()) out += Line("tried", tries);
  if (const AttributedFailure* attributed = AttributionOf(record, result)) {
    out += Line("scope", fmt::format("{} → {}", Scope(record, finding), AttributionText(*attributed)));
  }
  if (const std::string hint = CredentialHint(record, result); !hint.empty()) out += Line("hint", hint);
  std::string wire = Wire(result);
  if (!failure.evidence.trace_id.empty()) wire += fmt::format(" · trace {}", failure.evidence.trace_id);
  out += Line("wire", wire);
  return out + RenderLogs(LogsOf(cause));
}

// The other cases that the same thing explains, with their regions where these differ.
std::string RenderAlike(const Cause& cause) {
  if (cause.findings.size() == 1) return {};
  const std::string regions = RegionList(*cause.findings.front());
  std::string names;
  for (std::size_t i = 1; i < std::min(cause.findings.size(), kMaxAlikeNamed + 1); ++i) {
    const Finding& finding = *cause.findings[i];
    names += fmt::format("{}{} › {}", names.empty() ? "" : ", ", finding.result->suite, finding.result->scenario);
    if (const std::string own = RegionList(finding); own != regions) names += fmt::format(" ({})", own);
  }
  if (cause.findings.size() > kMaxAlikeNamed + 1) names += ", …";
  return Line(fmt::format("and {} more with the same", cause.findings.size() - 1), names);
}

std::string RenderMatrix(const RunRecord& record) {
  const Matrix matrix = MakeMatrix(record);
  Listing table;
  table.columns.push_back({""});
  for (const std::string& region : matrix.regions) table.columns.push_back({region});
  for (const Matrix::Row& row : matrix.rows) {
    std::vector<std::string>& line = table.rows.emplace_back();
    line.push_back(" " + row.suite);
    line.insert(line.end(), row.cells.begin(), row.cells.end());
  }
  return "\n" + Render(table, OutputFormat::kTable);
}

// "Run r-7Q2K  chat @3f9c2d1 · 5 cases × 3 regions · 1.8s".
std::string Title(const RunRecord& record) {
  std::string out = fmt::format("Run {}  {}", Printable(record.job.id.value()),
                                Printable(Excerpt(fmt::format("{}", fmt::join(record.job.spec.suites, ", ")), 60)));
  for (const std::string& revision : Revisions(record)) out += fmt::format(" @{}", Printable(Excerpt(revision, 40)));
  out += fmt::format(" · {} × {}", CountText(record.job.spec.cases.size(), "case"),
                     CountText(Regions(record).size(), "region"));
  if (record.local) out += fmt::format(" · {}", kLocalFleet);
  if (record.job.finished) out += fmt::format(" · {}", FormatElapsed(*record.job.finished - record.job.created));
  if (const std::string schedule = ScheduleOf(record.job); !schedule.empty()) {
    out += fmt::format(" · schedule {}", Printable(schedule));
  }
  return out + "\n";
}

std::string RenderSkipped(const Cause& cause) {
  const CaseResult& result = cause.result();
  return fmt::format("- {}  {}  skipped: {} ({})\n", Printable(CaseList(cause)), RegionList(cause),
                     SkipReasonName(result.skip_reason), Printable(result.skip_detail));
}

// What passed only when it was tried again: "✓ chat › one  eu-west-1  flaky: passed in try 2; try 1: [close] …".
std::string RenderFlaky(const std::vector<Finding>& findings) {
  std::string out;
  std::size_t named = 0, left_out = 0;
  for (const Finding& finding : findings) {
    const CaseResult& result = *finding.result;
    if (!result.flaky) continue;
    if (named == kMaxFlakyNamed) {
      ++left_out;
      continue;
    }
    ++named;
    out += fmt::format("{} {} › {}  {}  flaky: {}\n", OutcomeMark(result.outcome), Printable(result.suite),
                       Printable(result.scenario), RegionList(finding), Printable(TriesText(result)));
  }
  if (left_out > 0) out += fmt::format("… and {} more that are flaky\n", left_out);
  return out.empty() ? out : "\n" + out;
}

}  // namespace

std::string RenderSummary(const RunRecord& record, bool full) {
  std::string out = Title(record), skipped;
  const std::vector<Finding> findings = Findings(record);
  for (const Cause& cause : Causes(record, findings)) {
    if (full && cause.result().outcome == Outcome::kSkipped) skipped += RenderSkipped(cause);
    // Of a case that was never reported the reasons below say all that is known.
    if (!cause.result().failure || cause.result().tries == 0) continue;
    if (full) out += RenderFailure(record, cause) + RenderAlike(cause);
    if (full) continue;
    for (const Finding* finding : cause.findings) out += RenderFailureInALine(*finding);
  }
  if (!skipped.empty()) out += "\n" + skipped;
  out += RenderFlaky(findings);
  out += RenderMatrix(record);
  for (const auto& [warning, results] : Warnings(record)) {
    out += fmt::format("  warning: {} ({} results)\n", Printable(warning), results);
  }
  for (const std::string& reason : record.summary.reasons) out += fmt::format("  {}\n", Printable(reason));
  const Counts& counts = record.summary.counts;
  return out + fmt::format("VERDICT {} (exit {})   passed {} · failed {} · inconclusive {} · skipped {} · flaky {}\n",
                           JobVerdictName(record.summary.verdict), ExitCode(record.summary.verdict), counts.passed,
                           counts.failed, counts.inconclusive, counts.skipped, counts.flaky);
}

}  // namespace wsfleet::cli
