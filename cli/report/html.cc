#include "cli/report/html.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "cli/report/finding.h"
#include "cli/report/html_case.h"
#include "cli/report/html_text.h"
#include "cli/report/page_assets.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// Each part may exceed its share by one finding, one trace or one row; together they stay below kMaxHtmlBytes.
constexpr std::size_t kMaxFailureBytes = 3 << 20;
constexpr std::size_t kMaxOtherBytes = 1 << 20;
constexpr std::size_t kMaxMatrixBytes = 1 << 20;
constexpr std::size_t kMaxReasons = 50;
constexpr std::size_t kMaxShardColumns = 200;

std::string Hash(const std::string& hex) {
  return fmt::format("'sha256-{}'", absl::Base64Escape(absl::HexStringToBytes(hex)));
}

std::string LeftOut(std::size_t count, std::string_view what) {
  if (count == 0) return {};
  return fmt::format("<p>… and {} more {}; the JSON report has them all.</p>\n", count, what);
}

class Page {
 public:
  explicit Page(const RunRecord& record) : record_(record), findings_(Findings(record)) {}

  std::string Render() {
    // The matrix leads to the traces, so these are made first.
    const std::string failures = Failures();
    const std::string others = Others();
    return Head() + Header() + "<main id=\"main\">\n<p id=\"tools\" class=\"tools\" hidden></p>\n" + Matrix() +
           failures + others + "</main>\n<script>" + kPageScript + "</script>\n</body>\n</html>\n";
  }

 private:
  std::string Head() const {
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {}; "
        "base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
        "<title>{}: run {}</title>\n<style>{}</style>\n</head>\n<body>\n"
        "<a class=\"skip\" href=\"#main\">To the results</a>\n",
        Hash(kPageStyleSha256), Hash(kPageScriptSha256), JobVerdictName(record_.summary.verdict),
        HtmlText(record_.job.id.value()), kPageStyle);
  }

  std::string Header() const {
    const JobRecord& job = record_.job;
    const JobVerdict verdict = record_.summary.verdict;
    const char* colour = verdict == JobVerdict::kPassed   ? "passed"
                         : verdict == JobVerdict::kFailed ? "failed"
                                                          : "inconclusive";
    const char* icon = verdict == JobVerdict::kPassed ? "✓" : verdict == JobVerdict::kFailed ? "✗" : "?";
    std::string facts;
    const auto add = [&](std::string_view name, const std::string& text) {
      if (!text.empty()) facts += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, HtmlText(text));
    };
    add("suites", fmt::format("{}", fmt::join(job.spec.suites, ", ")));
    add("command", record_.job.spec.command);
    if (record_.local) add("fleet", std::string(kLocalFleet));
    add("revision", fmt::format("{}", fmt::join(Revisions(record_), ", ")));
    add("regions", fmt::format("{}", fmt::join(Regions(record_), ", ")));
    add("created", UtcText(job.created));
    if (job.finished) add("duration", FormatElapsed(*job.finished - job.created));
    add("submitter", job.spec.submitter);
    add("schedule", ScheduleOf(job));
    add("bundle", job.spec.bundle.value());
    const Counts& counts = record_.summary.counts;
    add("results", fmt::format("{} passed · {} failed · {} inconclusive · {} skipped · {} flaky", counts.passed,
                               counts.failed, counts.inconclusive, counts.skipped, counts.flaky));
    add("exit code", std::to_string(ExitCode(verdict)));
    std::string reasons;
    for (std::size_t i = 0; i < std::min(record_.summary.reasons.size(), kMaxReasons); ++i) {
      reasons += fmt::format("<li>{}</li>\n", HtmlText(record_.summary.reasons[i], 512));
    }
    if (!reasons.empty()) reasons = fmt::format("<ul>\n{}</ul>\n", reasons);
    return fmt::format(
        "<header>\n<h1><span class=\"verdict {}\"><span aria-hidden=\"true\">{}</span> {}</span>Run {}</h1>\n"
        "<dl class=\"facts\">\n{}</dl>\n{}</header>\n",
        colour, icon, JobVerdictName(verdict), HtmlText(job.id.value()), facts, reasons);
  }

  // Adds the traces of a finding as far as `out` may still grow.
  void AddTraces(std::size_t number, std::size_t max_bytes, std::string& out) {
    const Finding& finding = findings_[number];
    std::size_t left_out = 0;
    for (std::size_t i = 0; i < finding.seen.size(); ++i) {
      if (out.size() > max_bytes) {
        ++left_out;
        continue;
      }
      const Trace trace{finding.seen[i].shard, finding.seen[i].result};
      std::string anchor = fmt::format("f{}-{}", number + 1, i + 1);
      out += fmt::format("<details class=\"trace\" id=\"{}\"><summary>Trace in {} · {}</summary>\n{}</details>\n",
                         anchor, HtmlText(trace.shard->region.value()), FormatElapsed(trace.result->duration),
                         HtmlTrace(trace, trace.result != finding.result));
      anchors_.emplace(trace.result, std::move(anchor));
    }
    out += LeftOut(left_out, "traces of this");
  }

  std::string Failures() {
    std::string out = "<section aria-labelledby=\"failures\">\n<h2 id=\"failures\">What did not pass</h2>\n";
    std::size_t shown = 0, left_out = 0;
    for (std::size_t number = 0; number < findings_.size(); ++number) {
      const CaseResult& result = *findings_[number].result;
      if (!result.failure) continue;
      if (out.size() > kMaxFailureBytes) {
        ++left_out;
        continue;
      }
      out += fmt::format("<article class=\"of-{}\">\n", OutcomeName(result.outcome));
      out += HtmlFailure(record_, findings_[number]);
      AddTraces(number, kMaxFailureBytes, out);
      out += "</article>\n";
      ++shown;
    }
    if (shown == 0) out += "<p>Nothing.</p>\n";
    return out + LeftOut(left_out, "findings") + "</section>\n";
  }

  std::string Others() {
    std::string out = "<section aria-labelledby=\"others\">\n<h2 id=\"others\">Everything else</h2>\n";
    std::size_t left_out = 0;
    for (std::size_t number = 0; number < findings_.size(); ++number) {
      const CaseResult& result = *findings_[number].result;
      if (result.failure) continue;
      if (out.size() > kMaxOtherBytes) {
        ++left_out;
        continue;
      }
      out += fmt::format("<details class=\"case\"><summary>{} {} › {} · {}</summary>\n",
                         HtmlOutcome(result.outcome, result.flaky), HtmlText(result.suite), HtmlText(result.scenario),
                         HtmlText(RegionList(findings_[number])));
      if (result.outcome == Outcome::kSkipped) {
        out += fmt::format("<p>{}: {}</p>\n", SkipReasonName(result.skip_reason), HtmlText(result.skip_detail));
      } else {
        AddTraces(number, kMaxOtherBytes, out);
      }
      out += "</details>\n";
    }
    return out + LeftOut(left_out, "cases") + "</section>\n";
  }

  struct Row {
    std::string name;
    std::vector<const CaseResult*> cells;  // by shard
    bool passed = true;
  };

  // In the order of the plan.
  std::vector<Row> Rows() const {
    std::vector<Row> rows;
    std::map<CaseId, std::size_t> positions;
    for (std::size_t shard = 0; shard < record_.shards.size(); ++shard) {
      for (const CaseResult& result : record_.shards[shard].cases) {
        const auto [position, is_new] = positions.emplace(result.case_id, rows.size());
        if (is_new) rows.push_back({fmt::format("{} › {}", result.suite, result.scenario), {}, true});
        Row& row = rows[position->second];
        row.cells.resize(record_.shards.size());
        row.cells[shard] = &result;
        row.passed = row.passed && result.outcome == Outcome::kPassed;
      }
    }
    return rows;
  }

  std::string Cell(const CaseResult* result) const {
    if (result == nullptr) return "<td class=\"inconclusive\"><span aria-hidden=\"true\">?</span> no result</td>";
    const std::string text = HtmlOutcome(result->outcome, result->flaky);
    const auto anchor = anchors_.find(result);
    if (anchor == anchors_.end()) return fmt::format("<td>{}</td>", text);
    return fmt::format("<td><a href=\"#{}\">{}</a></td>", anchor->second, text);
  }

  std::string Matrix() const {
    const std::size_t columns = std::min(record_.shards.size(), kMaxShardColumns);
    std::string out =
        "<section aria-labelledby=\"matrix\">\n<h2 id=\"matrix\">Cases by region</h2>\n<div class=\"scroll\" "
        "tabindex=\"0\" role=\"region\" aria-labelledby=\"matrix\"><table><thead><tr><th scope=\"col\">Case</th>";
    for (std::size_t i = 0; i < columns; ++i) {
      const ShardRecord& shard = record_.shards[i].shard;
      out += fmt::format("<th scope=\"col\">{}<br><span class=\"quiet\">{}</span></th>",
                         HtmlText(shard.region.empty() ? shard.term : shard.region.value(), 128),
                         HtmlText(shard.agent.empty() ? "no agent" : shard.agent.value(), 128));
    }
    out += "</tr></thead><tbody>\n";
    const std::vector<Row> rows = Rows();
    std::size_t left_out = 0;
    // What did not pass stands first, and is left out last.
    for (const bool passed : {false, true}) {
      for (const Row& row : rows) {
        if (row.passed != passed) continue;
        if (out.size() > kMaxMatrixBytes) {
          ++left_out;
          continue;
        }
        out += fmt::format("<tr{}><th scope=\"row\">{}</th>", passed ? " class=\"all-passed\"" : "",
                           HtmlText(row.name, 512));
        for (std::size_t i = 0; i < columns; ++i) out += Cell(row.cells[i]);
        out += "</tr>\n";
      }
    }
    return out + "</tbody></table></div>\n" + LeftOut(left_out, "cases") +
           LeftOut(record_.shards.size() - columns, "regions") + "</section>\n";
  }

  const RunRecord& record_;
  const std::vector<Finding> findings_;
  std::map<const CaseResult*, std::string> anchors_;
};

}  // namespace

std::string RenderHtml(const RunRecord& record) { return Page(record).Render(); }

}  // namespace wsfleet::cli
