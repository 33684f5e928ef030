#include "cli/report/markdown.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "cli/report/cause.h"
#include "cli/report/credential_hint.h"
#include "cli/report/finding.h"
#include "cli/report/matrix.h"
#include "cli/report/next_action.h"
#include "cli/report/tries.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::string_view kFence = "````";
constexpr std::size_t kMaxBytes = (1 << 20) - 256 * 1024;  // one cause more may stand in each group
constexpr std::size_t kMaxSourceBytes = 200;
constexpr std::size_t kMaxCommandBytes = 2000;
constexpr std::size_t kMaxCasesInDetail = 50;  // of one cause
constexpr std::size_t kMaxActions = 5;
constexpr std::size_t kMaxTargets = 10;
constexpr std::size_t kMaxRegionColumns = 50;
constexpr std::size_t kMaxRows = 100;

// What comes from targets must not become markup, nor call people where the report is posted (`@everyone`): an escape
// does not keep an @ from that, a word joiner behind it does.
std::string Plain(std::string_view text) {
  constexpr std::string_view kWordJoiner = "\u2060";
  std::string out;
  for (const char c : Printable(Excerpt(text, 400))) {
    if (std::string_view("\\`*_{}[]<>#|").find(c) != std::string_view::npos) out += '\\';
    out += c;
    if (c == '@') out += kWordJoiner;
  }
  return out;
}

// As code that nothing in it ends: the fence is longer than any run of backticks in the text.
std::string Code(std::string_view text, std::size_t max_bytes) {
  const std::string shown = Printable(Excerpt(text, max_bytes));
  std::string fence = "`";
  while (shown.find(fence) != std::string::npos) fence += '`';
  const std::string_view blank = shown.find('`') == std::string::npos ? "" : " ";
  return fmt::format("{0}{1}{2}{1}{0}", fence, blank, shown);
}

std::string Item(std::string_view label, std::string_view text) {
  return fmt::format("  - {}: {}\n", Plain(label), Plain(text));
}

// "- **chat › two** in eu-west-1, at chat.wsfleet.yaml:2:5: `- connect: …`".
std::string Case(const RunRecord& record, const Finding& finding, std::string_view indent) {
  const CaseResult& result = *finding.result;
  std::string out =
      fmt::format("{}- **{}** in {}", indent, Plain(fmt::format("{} › {}", result.suite, result.scenario)),
                  Plain(RegionList(finding)));
  if (!result.failure) return out + (result.flaky ? fmt::format(" (flaky: {})\n", Plain(TriesText(result))) : "\n");
  if (result.failure->range.known()) out += fmt::format(", at {}", Plain(ToString(result.failure->range)));
  if (const std::string line = SourceLine(record, *result.failure); !line.empty())
    out += ": " + Code(line, kMaxSourceBytes);
  return out + "\n";
}

std::string Logs(const CauseLogs& logs) {
  std::string out;
  for (const LogExcerpt& log : *logs.excerpts) {
    out += fmt::format("  - {}{}\n", Plain(LogHeading(log)), logs.whose.empty() ? "" : Plain(", of " + logs.whose));
    if (log.lines.empty()) continue;
    out += fmt::format("\n    {}\n", kFence);
    for (const std::string& line : log.lines) {
      // None of them ends the block.
      out += fmt::format("    {}{}\n", line.find("```") == std::string::npos ? "" : "| ", Printable(line));
    }
    out += fmt::format("    {}\n", kFence);
  }
  return out;
}

// What the first case of the cause has seen; that is what the others have in common with it.
std::string EvidenceOf(const RunRecord& record, const Cause& cause) {
  const Failure& failure = *cause.result().failure;
  const Evidence& evidence = failure.evidence;
  std::string out;
  if (evidence.status) out += Item("answer", fmt::format("{} {}", *evidence.status, evidence.status_reason));
  for (const HeaderField& header : TellingHeaders(evidence)) out += Item(header.name, header.value);
  if (!evidence.body_excerpt.empty()) out += Item("body", evidence.body_excerpt);
  if (evidence.close_code) out += Item("close", fmt::format("{} {}", *evidence.close_code, evidence.close_reason));
  // Of a connection that TLS let through it explains nothing.
  if (failure.phase == Phase::kTls) {
    for (const std::string& certificate : evidence.certificates) out += Item("certificate", certificate);
  }
  for (const Note& note : failure.notes) out += Item(note.label, note.text);
  if (!failure.hint.empty()) out += Item("hint", failure.hint);
  if (const std::string sessions = SessionsText(*cause.findings.front()); !sessions.empty()) {
    out += Item("sessions", sessions);
  }
  if (const std::string tries = TriesText(cause.result()); !tries.empty()) out += Item("tried", tries);
  if (const AttributedFailure* attributed = AttributionOf(record, cause.result())) {
    out += Item("attributed to", AttributionText(*attributed));
  }
  if (const std::string hint = CredentialHint(record, cause.result()); !hint.empty()) out += Item("hint", hint);
  if (!evidence.trace_id.empty()) out += Item("trace", evidence.trace_id);
  return out + Logs(LogsOf(cause));
}

std::string Render(const RunRecord& record, const Cause& cause) {
  const CaseResult& result = cause.result();
  if (!result.failure && result.outcome != Outcome::kSkipped) return Case(record, *cause.findings.front(), "");
  std::string out = "- ";
  if (result.failure) {
    out += fmt::format("`{}` in phase {}: {}\n", FailureClassName(result.failure->failure_class),
                       PhaseName(result.failure->phase), Plain(result.failure->message));
  } else {
    out += fmt::format("skipped, {} ({})\n", SkipReasonName(result.skip_reason), Plain(result.skip_detail));
  }
  for (std::size_t i = 0; i < std::min(cause.findings.size(), kMaxCasesInDetail); ++i) {
    out += Case(record, *cause.findings[i], "  ");
  }
  if (cause.findings.size() > kMaxCasesInDetail)
    out += fmt::format("  - … and {} more\n", cause.findings.size() - kMaxCasesInDetail);
  return result.failure ? out + EvidenceOf(record, cause) : out;
}

std::string Group(const RunRecord& record, const std::vector<Cause>& causes, const char* title,
                  std::initializer_list<Outcome> outcomes) {
  std::string out = fmt::format("\n## {}\n\n", title);
  std::size_t shown = 0, left_out = 0;
  for (const Cause& cause : causes) {
    if (std::ranges::find(outcomes, cause.result().outcome) == outcomes.end()) continue;
    if (out.size() > kMaxBytes / 3) {
      ++left_out;
      continue;
    }
    out += Render(record, cause);
    ++shown;
  }
  if (left_out > 0) out += fmt::format("- … and {} more; the JSON report has them all\n", left_out);
  return shown > 0 ? out : out + "Nothing.\n";
}

std::string WhyStopped(const RunRecord& record) {
  const std::string why = record.summary.reasons.empty() ? std::string(JobVerdictName(record.summary.verdict))
                                                         : record.summary.reasons.front();
  const std::string next =
      record.summary.verdict == JobVerdict::kTimedOut
          ? "Give it a larger `--timeout`, or `deadline` in its suite."
          : Code("wsfleet runs rerun " + record.job.id.value(), kMaxCommandBytes) + " runs it again.";
  return fmt::format("- The run was ended before it was through ({}): what has no result was not run. {}\n", Plain(why),
                     next);
}

// What passed only after a failed try.
std::string OfFlaky(const RunRecord& record, const std::vector<Cause>& causes) {
  std::string out;
  std::size_t shown = 0;
  for (const Cause& cause : causes) {
    if (!cause.result().flaky || shown == kMaxActions) continue;
    ++shown;
    const Failure* failure = KeptFailure(cause.result());
    const std::string where = fmt::format("{}; {}", Plain(CaseList(cause)), Plain(RegionList(cause)));
    out += failure == nullptr ? fmt::format("- {}: it", where)
                              : fmt::format("- `{}` ({}): {}. It", FailureClassName(failure->failure_class), where,
                                            WhatToLookAt(failure->failure_class, record.local));
    out += " passed only after a failed try, so it comes and goes: `--repeat` gives its rate.\n";
  }
  return out;
}

std::string NextActions(const RunRecord& record, const std::vector<Cause>& causes) {
  const std::string flaky = OfFlaky(record, causes);
  if (record.summary.verdict == JobVerdict::kPassed) {
    return flaky.empty() ? "None: everything that was asked holds.\n" : flaky;
  }
  const bool was_stopped =
      record.summary.verdict == JobVerdict::kCancelled || record.summary.verdict == JobVerdict::kTimedOut;
  std::string out = was_stopped ? WhyStopped(record) : "";
  std::size_t shown = 0;
  for (const Cause& cause : causes) {
    if (!cause.result().failure || shown == kMaxActions) continue;
    // Nobody is to blame for what was not run any more.
    if (was_stopped && cause.result().tries == 0) continue;
    ++shown;
    const FailureClass failure = cause.result().failure->failure_class;
    out += fmt::format("- `{}` ({}; {}): {}.", FailureClassName(failure), Plain(CaseList(cause)),
                       Plain(RegionList(cause)), WhatToLookAt(failure, record.local));
    const AttributedFailure* attributed = AttributionOf(record, cause.result());
    if (attributed != nullptr && attributed->attribution != Attribution::kNone) {
      out += fmt::format(" It is attributed to {}: {}.", AttributionName(attributed->attribution),
                         Plain(WhereToBegin(*attributed)));
    }
    out += "\n";
  }
  out += flaky;
  if (!out.empty()) return out;
  return record.summary.reasons.empty() ? "Run it again.\n" : Plain(record.summary.reasons.front()) + "\n";
}

std::string RegionTable(const RunRecord& record) {
  const Matrix matrix = MakeMatrix(record);
  std::string head = "| suite |", rule = "| --- |", rows;
  const std::size_t columns = std::min(matrix.regions.size(), kMaxRegionColumns);
  for (std::size_t i = 0; i < columns; ++i) {
    head += fmt::format(" {} |", Plain(matrix.regions[i]));
    rule += " --- |";
  }
  for (std::size_t i = 0; i < std::min(matrix.rows.size(), kMaxRows); ++i) {
    rows += fmt::format("| {} |", Plain(matrix.rows[i].suite));
    for (std::size_t column = 0; column < columns; ++column) rows += fmt::format(" {} |", matrix.rows[i].cells[column]);
    rows += "\n";
  }
  return fmt::format("\n{}\n{}\n{}", head, rule, rows);
}

std::string Facts(const RunRecord& record) {
  std::string out = fmt::format("- date: {}\n", UtcText(record.job.created));
  if (!record.job.spec.command.empty())
    out += fmt::format("- command: {}\n", Code(record.job.spec.command, kMaxCommandBytes));
  if (record.local) out += fmt::format("- fleet: {}\n", kLocalFleet);
  std::size_t shown = 0;
  for (const std::string& target : Targets(record)) {
    if (++shown <= kMaxTargets) out += fmt::format("- target: {}\n", Plain(target));
  }
  for (const std::string& revision : Revisions(record)) out += fmt::format("- revision: {}\n", Plain(revision));
  if (record.job.finished)
    out += fmt::format("- duration: {}\n", FormatElapsed(*record.job.finished - record.job.created));
  const Counts& counts = record.summary.counts;
  out += fmt::format("- counts: {} passed, {} failed, {} inconclusive, {} skipped, {} flaky\n", counts.passed,
                     counts.failed, counts.inconclusive, counts.skipped, counts.flaky);
  for (const std::string& reason : record.summary.reasons) out += fmt::format("- {}\n", Plain(reason));
  for (const auto& [warning, results] : Warnings(record)) {
    out += fmt::format("- warning: {} ({} results)\n", Plain(warning), results);
  }
  return out;
}

}  // namespace

std::string RenderMarkdown(const RunRecord& record) {
  const std::vector<Finding> findings = Findings(record);
  const std::vector<Cause> causes = Causes(record, findings);
  std::string out =
      fmt::format("# Run {}: {}\n\n", Plain(record.job.id.value()), JobVerdictName(record.summary.verdict));
  out += Facts(record) + RegionTable(record);
  out += Group(record, causes, "Working", {Outcome::kPassed});
  out += Group(record, causes, "Failing", {Outcome::kFailed});
  out += Group(record, causes, "Infrastructure", {Outcome::kInconclusive, Outcome::kSkipped});
  return out + fmt::format("\n## Next action\n\n{}", NextActions(record, causes));
}

}  // namespace wsfleet::cli
