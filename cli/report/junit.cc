#include "cli/report/junit.h"

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "cli/report/credential_hint.h"
#include "cli/report/finding.h"
#include "cli/report/tries.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// Of several lines. What XML 1.0 has no way to write (2.2: controls, U+FFFE and U+FFFF) is replaced.
std::string Xml(std::string_view text) {
  const std::string clean = absl::StrReplaceAll(IsValidUtf8(text) ? std::string(text) : Printable(text),
                                                {{"\xEF\xBF\xBE", "?"}, {"\xEF\xBF\xBF", "?"}});
  std::string out;
  for (const char c : clean) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

// Of one line, which is what attributes are.
std::string Attribute(std::string_view text) { return Xml(Printable(text)); }

struct Tally {
  std::size_t tests = 0, failed = 0, errors = 0, skipped = 0;
  absl::Duration time;

  void Add(const CaseResult& result) {
    ++tests;
    failed += result.outcome == Outcome::kFailed;
    errors += result.outcome == Outcome::kInconclusive;
    skipped += result.outcome == Outcome::kSkipped;
    time += result.duration;
  }
};

std::string Attributes(const std::string& name, const Tally& counts) {
  return fmt::format("name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"",
                     Attribute(name), counts.tests, counts.failed, counts.errors, counts.skipped,
                     absl::ToDoubleSeconds(counts.time));
}

std::string PlaceText(const RunRecord& record, const Failure& failure) {
  const std::string excerpt = SourceExcerpt(record, failure);
  return excerpt.empty() ? Printable(ToString(failure.range)) + "\n" : excerpt;
}

// The author's line with the message, whom the failure is attributed to, and what was asked.
std::string FailureText(const RunRecord& record, const CaseResult& result) {
  std::string out = PlaceText(record, *result.failure);
  if (const std::string tries = TriesText(result); !tries.empty()) out += fmt::format("tried: {}\n", Printable(tries));
  if (!result.target.empty()) out += fmt::format("target: {}\n", Printable(result.target));
  if (const AttributedFailure* attributed = AttributionOf(record, result)) {
    out += fmt::format("attributed to: {}\n", AttributionName(attributed->attribution));
    for (const Observation& observation : attributed->rests_on)
      out += fmt::format("  {}\n", Printable(observation.text));
  }
  if (const std::string hint = CredentialHint(record, result); !hint.empty())
    out += fmt::format("hint: {}\n", Printable(hint));
  return out;
}

// Of a case that passed all the same: what Surefire calls so, and others after it.
std::string FlakyFailure(const RunRecord& record, const Failure& failure) {
  return fmt::format(
      "      <flakyFailure type=\"{}\" message=\"{}\">\n        <stackTrace>{}</stackTrace>\n"
      "        <system-out>{}</system-out>\n      </flakyFailure>\n",
      FailureClassName(failure.failure_class), Attribute(failure.message), Xml(PlaceText(record, failure)),
      Xml(EvidenceText(failure)));
}

std::string TestCase(const RunRecord& record, const CaseResult& result, const std::string& class_name) {
  std::string out =
      fmt::format("    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3f}\"", Attribute(result.scenario),
                  Attribute(class_name), absl::ToDoubleSeconds(result.duration));
  if (result.outcome == Outcome::kPassed && result.warnings.empty() && !result.flaky) return out + "/>\n";
  out += ">\n";
  if (result.outcome == Outcome::kSkipped) {
    out += fmt::format("      <skipped message=\"{}: {}\"/>\n", SkipReasonName(result.skip_reason),
                       Attribute(result.skip_detail));
  } else if (result.failure) {
    const char* element = result.outcome == Outcome::kFailed ? "failure" : "error";
    out += fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", element,
                       FailureClassName(result.failure->failure_class), Attribute(result.failure->message),
                       Xml(FailureText(record, result)));
    out += fmt::format("      <system-out>{}</system-out>\n", Xml(EvidenceText(*result.failure)));
  }
  if (result.flaky) {
    for (const Failure& failure : result.earlier_failures) out += FlakyFailure(record, failure);
    if (result.earlier_failures.empty()) out += fmt::format("      <system-out>{}</system-out>\n", TriesText(result));
  }
  for (const std::string& warning : result.warnings) {
    out += fmt::format("      <system-err>warning: {}</system-err>\n", Attribute(warning));
  }
  return out + "    </testcase>\n";
}

// What differs from run to run stands here: whoever compares runs goes by the names.
std::string Properties(const RunRecord& record, const ShardRecord& shard) {
  std::string out = "    <properties>\n";
  const std::string fleet(record.local ? kLocalFleet : "");
  for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"run", record.job.id.value()},
                                    {"region", shard.region.value()},
                                    {"agent", shard.agent.value()},
                                    {"fleet", fleet},
                                    {"command", record.job.spec.command}}) {
    if (!value.empty()) out += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, Attribute(value));
  }
  for (const std::string& reason : record.summary.reasons) {
    out += fmt::format("      <property name=\"reason\" value=\"{}\"/>\n", Attribute(reason));
  }
  return out + "    </properties>\n";
}

// Where no case is to blame and the run did not pass all the same: whoever reads only this must not see it green.
std::string WholeRun(const RunRecord& record, const std::string& timestamp) {
  Tally counts;
  counts.tests = counts.errors = 1;
  std::string reasons;
  for (const std::string& reason : record.summary.reasons) {
    reasons += fmt::format("{}{}", reasons.empty() ? "" : "\n", Printable(reason));
  }
  return fmt::format(
      "  <testsuite {} timestamp=\"{}\">\n    <testcase name=\"the run as a whole\" classname=\"wsfleet\">\n"
      "      <error type=\"{}\" message=\"the run is {}\">{}</error>\n    </testcase>\n  </testsuite>\n",
      Attributes("wsfleet", counts), timestamp, JobVerdictName(record.summary.verdict),
      JobVerdictName(record.summary.verdict), Xml(reasons));
}

}  // namespace

std::string RenderJunit(const RunRecord& record) {
  Tally all;
  std::string body;
  const std::string timestamp =
      absl::FormatTime("%Y-%m-%d%ET%H:%M:%S", record.job.created, absl::UTCTimeZone());  // without a zone: UTC
  for (const ShardRecordWithCases& entry : record.shards) {
    std::map<std::string, std::vector<const CaseResult*>> suites;
    for (const CaseResult& result : entry.cases) suites[result.suite].push_back(&result);
    for (const auto& [suite, results] : suites) {
      const std::string name = fmt::format("{}@{}", suite, entry.shard.region.value());
      Tally counts;
      for (const CaseResult* result : results) {
        counts.Add(*result);
        all.Add(*result);
      }
      body += fmt::format("  <testsuite {} timestamp=\"{}\">\n", Attributes(name, counts), timestamp);
      body += Properties(record, entry.shard);
      for (const CaseResult* result : results) body += TestCase(record, *result, name);
      body += "  </testsuite>\n";
    }
  }
  const JobVerdict verdict = record.summary.verdict;
  if (verdict != JobVerdict::kPassed && all.failed + all.errors == 0) {
    body += WholeRun(record, timestamp);
    ++all.tests;
    ++all.errors;
  }
  const std::string name = fmt::format("{}", fmt::join(record.job.spec.suites, ", "));
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n{}</testsuites>\n",
                     Attributes(name, all), body);
}

}  // namespace wsfleet::cli
