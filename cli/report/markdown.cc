#include "cli/report/markdown.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "cli/report/finding.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::string_view kFence = "````";
constexpr std::size_t kMaxBytes = (1 << 20) - 4096;

// What comes from targets must not become markup.
std::string Plain(std::string_view text) {
  std::string out;
  for (const char c : Printable(Excerpt(text, 400))) {
    if (std::string_view("\\`*_{}[]<>#|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string Render(const Finding& finding) {
  const CaseResult& result = *finding.result;
  std::string out = fmt::format("- **{}** in {}", Plain(fmt::format("{} › {}", result.suite, result.scenario)),
                                Plain(RegionList(finding)));
  if (result.outcome == Outcome::kSkipped) {
    return out + fmt::format(": skipped, {} ({})\n", SkipReasonName(result.skip_reason), Plain(result.skip_detail));
  }
  if (!result.failure) return out + (result.flaky ? " (flaky)\n" : "\n");
  const Failure& failure = *result.failure;
  out += fmt::format(": `{}` in phase {}: {}\n", FailureClassName(failure.failure_class), PhaseName(failure.phase),
                     Plain(failure.message));
  if (failure.range.known()) out += fmt::format("  - at {}\n", Plain(ToString(failure.range)));
  for (const Note& note : failure.notes) out += fmt::format("  - {}: {}\n", Plain(note.label), Plain(note.text));
  if (!failure.evidence.body_excerpt.empty())
    out += fmt::format("  - body: {}\n", Plain(failure.evidence.body_excerpt));
  if (!failure.evidence.trace_id.empty()) out += fmt::format("  - trace: {}\n", failure.evidence.trace_id);
  for (const LogExcerpt& log : LogsOf(finding)) {
    out += fmt::format("  - {}\n", Plain(LogHeading(log)));
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

std::string Group(const std::vector<Finding>& findings, const char* title, std::initializer_list<Outcome> outcomes) {
  std::string out = fmt::format("\n## {}\n\n", title);
  std::size_t shown = 0, left_out = 0;
  for (const Finding& finding : findings) {
    if (std::ranges::find(outcomes, finding.result->outcome) == outcomes.end()) continue;
    if (out.size() > kMaxBytes / 3) {
      ++left_out;
      continue;
    }
    out += Render(finding);
    ++shown;
  }
  if (left_out > 0) out += fmt::format("- … and {} more; the JSON report has them all\n", left_out);
  return shown > 0 ? out : out + "Nothing.\n";
}

std::string NextAction(const RunRecord& record) {
  if (record.summary.verdict == JobVerdict::kPassed) return "None: everything that was asked holds.";
  for (const AttributedFailure& failure : record.summary.failures) {
    return fmt::format("Look at {} ({}), attributed to {}.", Plain(failure.scenario),
                       FailureClassName(failure.failure_class), AttributionName(failure.attribution));
  }
  if (!record.summary.reasons.empty()) return Plain(record.summary.reasons.front());
  return "Run it again.";
}

}  // namespace

std::string RenderMarkdown(const RunRecord& record) {
  std::string out = fmt::format("# Run {}: {}\n\n", record.job.id.value(), JobVerdictName(record.summary.verdict));
  if (!record.command.empty()) out += fmt::format("- command: `{}`\n", Printable(record.command));
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
  const std::vector<Finding> findings = Findings(record);
  out += Group(findings, "Working", {Outcome::kPassed});
  out += Group(findings, "Failing", {Outcome::kFailed});
  out += Group(findings, "Infrastructure", {Outcome::kInconclusive, Outcome::kSkipped});
  return out + fmt::format("\n## Next action\n\n{}\n", NextAction(record));
}

}  // namespace wsfleet::cli
