#include "cli/report/markdown.h"

#include <set>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

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

std::string Finding(const ShardRecordWithCases& entry, const CaseResult& result) {
  std::string out = fmt::format("- **{}** in {}", Plain(fmt::format("{} › {}", result.suite, result.scenario)),
                                entry.shard.region.value());
  if (result.outcome == Outcome::kSkipped) {
    return out + fmt::format(": skipped, {} ({})\n", SkipReasonName(result.skip_reason), Plain(result.skip_detail));
  }
  if (!result.failure) return out + fmt::format(" ({})\n", FormatElapsed(result.duration));
  const Failure& failure = *result.failure;
  out += fmt::format(": `{}` in phase {}: {}\n", FailureClassName(failure.failure_class), PhaseName(failure.phase),
                     Plain(failure.message));
  if (failure.range.known()) out += fmt::format("  - at {}\n", Plain(ToString(failure.range)));
  if (!failure.evidence.body_excerpt.empty())
    out += fmt::format("  - body: {}\n", Plain(failure.evidence.body_excerpt));
  if (!failure.evidence.trace_id.empty()) out += fmt::format("  - trace: {}\n", failure.evidence.trace_id);
  return out;
}

std::string Group(const RunRecord& record, const char* title, bool (*belongs)(const CaseResult&)) {
  std::string out = fmt::format("\n## {}\n\n", title);
  bool any = false;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      if (!belongs(result) || out.size() > kMaxBytes / 3) continue;
      out += Finding(entry, result);
      any = true;
    }
  }
  return any ? out : out + "Nothing.\n";
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
  std::set<std::string> revisions;
  for (const auto& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      if (!result.revision.empty()) revisions.insert(result.revision);
    }
  }
  for (const std::string& revision : revisions) out += fmt::format("- revision: {}\n", Plain(revision));
  if (record.job.finished)
    out += fmt::format("- duration: {}\n", FormatElapsed(*record.job.finished - record.job.created));
  const Counts& counts = record.summary.counts;
  out += fmt::format("- counts: {} passed, {} failed, {} inconclusive, {} skipped, {} flaky\n", counts.passed,
                     counts.failed, counts.inconclusive, counts.skipped, counts.flaky);
  for (const std::string& reason : record.summary.reasons) out += fmt::format("- {}\n", Plain(reason));
  out += Group(record, "Working", [](const CaseResult& r) { return r.outcome == Outcome::kPassed; });
  out += Group(record, "Failing", [](const CaseResult& r) { return r.outcome == Outcome::kFailed; });
  out += Group(record, "Infrastructure", [](const CaseResult& r) {
    return r.outcome == Outcome::kInconclusive || r.outcome == Outcome::kSkipped;
  });
  return out + fmt::format("\n## Next action\n\n{}\n", NextAction(record));
}

}  // namespace wsfleet::cli
