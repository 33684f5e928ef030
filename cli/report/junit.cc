#include "cli/report/junit.h"

#include <map>

#include "cli/report/finding.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// Characters that XML 1.0 has no way to write are replaced.
std::string Xml(std::string_view text) {
  std::string clean = IsValidUtf8(text) ? std::string(text) : Printable(text);
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

std::string TestCase(const CaseResult& result, const std::string& class_name) {
  std::string out = fmt::format("    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3f}\"", Xml(result.scenario),
                                Xml(class_name), absl::ToDoubleSeconds(result.duration));
  if (result.outcome == Outcome::kPassed && result.warnings.empty()) return out + "/>\n";
  out += ">\n";
  if (result.outcome == Outcome::kSkipped) {
    out += fmt::format("      <skipped message=\"{}: {}\"/>\n", SkipReasonName(result.skip_reason),
                       Xml(result.skip_detail));
  } else if (result.failure) {
    const char* element = result.outcome == Outcome::kFailed ? "failure" : "error";
    out += fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", element,
                       FailureClassName(result.failure->failure_class), Xml(result.failure->message),
                       Xml(ToString(result.failure->range)));
    out += fmt::format("      <system-out>{}</system-out>\n", Xml(EvidenceText(*result.failure)));
  }
  for (const std::string& warning : result.warnings) {
    out += fmt::format("      <system-err>warning: {}</system-err>\n", Xml(warning));
  }
  return out + "    </testcase>\n";
}

}  // namespace

std::string RenderJunit(const RunRecord& record) {
  std::string out =
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\">\n", Xml(record.job.id.value()));
  for (const ShardRecordWithCases& entry : record.shards) {
    std::map<std::string, std::vector<const CaseResult*>> suites;
    for (const CaseResult& result : entry.cases) suites[result.suite].push_back(&result);
    for (const auto& [suite, results] : suites) {
      const std::string name = fmt::format("{}@{}", suite, entry.shard.region.value());
      int failed = 0, errors = 0, skipped = 0;
      for (const CaseResult* result : results) {
        failed += result->outcome == Outcome::kFailed;
        errors += result->outcome == Outcome::kInconclusive;
        skipped += result->outcome == Outcome::kSkipped;
      }
      out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
                         Xml(name), results.size(), failed, errors, skipped);
      for (const CaseResult* result : results) out += TestCase(*result, name);
      out += "  </testsuite>\n";
    }
  }
  return out + "</testsuites>\n";
}

}  // namespace wsfleet::cli
