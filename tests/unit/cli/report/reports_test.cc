#include <string>

#include "boost/json/parse.hpp"
#include "cli/report/finding.h"
#include "cli/report/trace.h"
#include "cli/terminal/probe.h"
#include "cli/terminal/summary.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kFormats[] = {"json", "junit", "ctrf", "html", "md"};

TEST(Json, HoldsVerdictResultsAndAttribution) {
  const boost::json::value json = boost::json::parse(RenderReport(BrokenInOneRegion(), "json"));
  EXPECT_EQ(json.at("verdict").as_string(), "failed");
  EXPECT_EQ(json.at("exit_code").to_number<int>(), 1);
  EXPECT_EQ(json.at("shards").as_array().size(), 2u);
  const boost::json::value& failure = json.at("summary").at("failures").as_array().at(0);
  EXPECT_EQ(failure.at("class").as_string(), "upgrade-refused-5xx");
  EXPECT_EQ(failure.at("phase").as_string(), "upgrade");
}

TEST(Junit, IsXmlWithASuiteForEachRegionWhateverATargetAnswers) {
  testing::TemporaryDirectory directory;
  const std::string file = directory.Write("junit.xml", RenderReport(BrokenInOneRegion(), "junit"));
  const std::string script =
      "import sys, xml.etree.ElementTree as e\n"
      "root = e.parse(sys.argv[1]).getroot()\n"
      "suites = {s.get('name'): s for s in root.iter('testsuite')}\n"
      "print(sorted(suites))\n"
      "eu = suites['chat@eu-west-1']\n"
      "print(eu.get('tests'), eu.get('failures'), eu.get('errors'), eu.get('skipped'))\n"
      "print([f.get('type') for f in eu.iter('failure')])\n";
  const testing::Finished run =
      testing::RunCommand({{"/usr/bin/python3", "-c", script, file}, {}, {}}, absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out, "['chat@eu-west-1', 'chat@us-east-1']\n3 1 0 1\n['upgrade-refused-5xx']\n");
}

// A rogue agent or a target writes what it likes into a result.
TEST(Reports, GiveNoOrdersToATerminalAndAreNotLinesOfSomebodyElses) {
  for (const char* unknown_file : {"", "no file of the bundle"}) {
    RunRecord record = PoisonedWith(
        "a\x1b[2J\x1b]0;pwn\x07\r\nFORGED [passed]\xC2\x9B"
        "31m\xE2\x80\xAE");
    for (ShardRecordWithCases& entry : record.shards) {
      for (CaseResult& result : entry.cases) {
        if (result.failure && *unknown_file != '\0') result.failure->range.file += "\x1b\nFORGED";
      }
    }
    const auto traces = SelectTraces(record, "", "");
    ASSERT_TRUE(traces.ok()) << traces.status();
    for (const std::string& text :
         {RenderSummary(record, true), RenderSummary(record, false), RenderReport(record, "md"),
          RenderReport(record, "junit"), RenderProbe(record), RenderTraces(*traces)}) {
      for (const char* order : {"\x1b", "\x07", "\r", "\nFORGED", "\xC2\x9B", "\xE2\x80\xAE"}) {
        EXPECT_THAT(text, Not(HasSubstr(order)));
      }
      EXPECT_THAT(text, HasSubstr("FORGED"));
    }
    for (const ShardRecordWithCases& entry : record.shards) {
      for (const CaseResult& result : entry.cases) {
        if (!result.failure) continue;
        const std::string evidence = EvidenceText(*result.failure);
        EXPECT_THAT(evidence, Not(HasSubstr("\x1b")));
        EXPECT_THAT(evidence, Not(HasSubstr("\nFORGED")));
      }
    }
  }
}

TEST(Junit, ShowsTheLinesOfABodyAsLinesOfTheBody) {
  RunRecord record = BrokenInOneRegion();
  record.shards[0].cases[1].failure->evidence.body_excerpt = "{\n  \"why\": 1\nclose 1000 bye\n}";
  EXPECT_THAT(RenderReport(record, "junit"),
              HasSubstr("status 500 \nbody: {\n    &quot;why&quot;: 1\n  close 1000 bye\n  }\n"));
}

TEST(Junit, IsXmlWhateverCharactersATargetSends) {
  RunRecord record = BrokenInOneRegion();
  const std::string odd("a\xEF\xBF\xBE\xEF\xBF\xBF\0\x01\x7F\xC2\x9B\xFF", 13);
  const std::string valid = odd.substr(0, 12);
  record.shards[0].cases[1].failure->evidence.close_reason = valid;
  record.shards[0].cases[1].failure->evidence.body_excerpt = odd;
  record.shards[0].cases[1].scenario = record.shards[0].cases[1].suite = valid;
  testing::TemporaryDirectory directory;
  const std::string file = directory.Write("junit.xml", RenderReport(record, "junit"));
  const testing::Finished run = testing::RunCommand(
      {{"/usr/bin/python3", "-c", "import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])", file}, {}, {}},
      absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

TEST(Reports, ShowACaseWithoutAResultAsAnError) {
  RunRecord record = BrokenInOneRegion();
  record.shards[1].cases.resize(1);
  record.shards[1].shard.reason = "agent us-1 was lost";
  Summarise(record);
  EXPECT_EQ(record.summary.counts.inconclusive, 2u);
  EXPECT_THAT(RenderReport(record, "junit"), HasSubstr("tests=\"3\" failures=\"0\" errors=\"2\""));
  EXPECT_THAT(RenderReport(record, "junit"), HasSubstr("no result: agent us-1 was lost"));
  EXPECT_THAT(RenderReport(record, "md"), HasSubstr("no result: agent us-1 was lost"));
}

TEST(Reports, AllSayWhatARunLeavesOutThoughItPassed) {
  RunRecord record = BrokenInOneRegion();
  record.job.verdict = JobVerdict::kPassed;
  record.job.reasons = {"ap-south-1 is left out: ap-1 is drained"};
  Summarise(record);
  for (const char* format : kFormats) {
    EXPECT_THAT(RenderReport(record, format), HasSubstr("is left out: ap-1 is drained")) << format;
  }
  EXPECT_THAT(RenderSummary(record, false), HasSubstr("\n  ap-south-1 is left out: ap-1 is drained\n"));
}

TEST(Reports, AllSayThatACertificateWasNotVerified) {
  RunRecord record = BrokenInOneRegion();
  record.shards[1].cases[0].warnings = {"insecure: the certificate was not verified"};  // of a pass
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("insecure: the certificate was not verified"));
  for (const char* format : kFormats) {
    EXPECT_THAT(RenderReport(record, format), HasSubstr("insecure: the certificate was not verified")) << format;
  }
}

TEST(Reports, SayHowManySessionsFailed) {
  RunRecord record = BrokenInOneRegion();
  CaseResult& broken = record.shards[0].cases[1];
  broken.sessions = 5;
  broken.failed_sessions = 1;
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("   = sessions: 1 of 5 failed\n"));
  EXPECT_THAT(RenderReport(record, "md"), HasSubstr("  - sessions: 1 of 5 failed\n"));
  record.shards[1].cases[1] = broken;
  record.shards[1].cases[1].failed_sessions = 2;
  const std::string both = "sessions: 3 of 10 failed (eu-west-1 1 of 5, us-east-1 2 of 5)\n";
  EXPECT_THAT(RenderSummary(record, true), HasSubstr(both));
  EXPECT_THAT(RenderReport(record, "md"), HasSubstr(both));
  for (ShardRecordWithCases& entry : record.shards) entry.cases[1].sessions = entry.cases[1].failed_sessions = 1;
  EXPECT_THAT(RenderSummary(record, true), Not(HasSubstr("= sessions")));
}

// The Markdown reader's eyes: its marks taken away.
std::string Unescaped(std::string text) {
  std::erase(text, '\\');
  return text;
}

TEST(Reports, AllShowTheCertificatesAndWhatIsInferred) {
  RunRecord record = BrokenInOneRegion();
  Failure& failure = *record.shards[0].cases[1].failure;
  failure.phase = Phase::kTls;
  failure.hint = "the port may speak TLS";
  failure.evidence.certificates = {"/CN=chat issuer=/CN=ca from=2026-01-01 until=2026-02-02 names=chat.example.com",
                                   "/CN=ca issuer=/CN=root from=2020-01-01 until=2030-02-02"};
  const std::string terminal = RenderSummary(record, true);
  EXPECT_THAT(terminal, HasSubstr("   = hint: the port may speak TLS\n"));
  EXPECT_THAT(terminal, HasSubstr("   = certificate: /CN=chat issuer=/CN=ca from=2026-01-01"));
  EXPECT_THAT(terminal, HasSubstr("   = certificate: /CN=ca issuer"));
  for (const char* format : kFormats) {
    // A solidus of JSON may be escaped.
    const std::string text = Unescaped(RenderReport(record, format));
    EXPECT_THAT(text, HasSubstr("names=chat.example.com")) << format;
    EXPECT_THAT(text, HasSubstr("until=2030-02-02")) << format;
    EXPECT_THAT(text, HasSubstr("the port may speak TLS")) << format;
  }
}

TEST(Reports, AllShowWhereARedirectLeads) {
  RunRecord record = BrokenInOneRegion();
  record.shards[0].cases[1].failure->evidence.headers = {{"location", "/login"}};
  for (const char* format : kFormats)
    EXPECT_THAT(Unescaped(RenderReport(record, format)), HasSubstr("/login")) << format;
}

TEST(Junit, IsNotGreenWhereTheRunDidNotPassAlthoughNoCaseIsToBlame) {
  RunRecord record = BrokenInOneRegion();
  for (ShardRecordWithCases& shard : record.shards) {
    for (CaseResult& result : shard.cases) {
      result.outcome = Outcome::kPassed;
      result.failure.reset();
    }
  }
  Summarise(record);
  EXPECT_THAT(RenderReport(record, "junit"), HasSubstr("failures=\"0\" errors=\"0\""));
  record.summary.verdict = JobVerdict::kInconclusive;
  record.summary.reasons = {"agents chose <different> targets"};
  EXPECT_THAT(RenderReport(record, "junit"),
              AllOf(HasSubstr("failures=\"0\" errors=\"1\""),
                    HasSubstr("<error type=\"inconclusive\" message=\"the run is inconclusive\">agents chose "
                              "&lt;different&gt; targets</error>")));
}

TEST(Junit, KeepsItsNamesFromRunToRunAndTheRunAsAProperty) {
  RunRecord record = BrokenInOneRegion();
  const std::string one = RenderReport(record, "junit");
  EXPECT_THAT(one, HasSubstr("<testsuites name=\"chat\""));
  EXPECT_THAT(one, HasSubstr("<property name=\"run\" value=\"r-7Q2K\"/>"));
  EXPECT_THAT(one, HasSubstr("<property name=\"agent\" value=\"eu-west-1-a\"/>"));
  record.job.id = JobId("r-OTHER");
  std::string other = RenderReport(record, "junit");
  for (std::size_t at; (at = other.find("r-OTHER")) != std::string::npos;) other.replace(at, 7, "r-7Q2K");
  EXPECT_EQ(one, other);
}

TEST(Junit, SaysWhoIsMeantWhatWasAskedAndWhereTheAuthorWroteIt) {
  RunRecord record = BrokenInOneRegion();
  record.shards[0].cases[1].target = "wss://chat.example.com:443";
  const std::string text = RenderReport(record, "junit");
  EXPECT_THAT(text, HasSubstr(" 2 |   - connect: {path: /ws}\n"));
  EXPECT_THAT(text, HasSubstr("attributed to: region-path"));
  EXPECT_THAT(text, HasSubstr("target: wss://chat.example.com:443"));
}

TEST(Reports, AllShowTheLinesOfTheTargetsOwnLogAndWhoseTheyMayBe) {
  RunRecord record = BrokenInOneRegion();
  Evidence& evidence = record.shards[0].cases[1].failure->evidence;
  evidence.logs = {{"file /log", false, {"Traceback", "```", "AttributeError: x"}, ""},
                   {"loki q", false, {}, "not allowed"}};
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("= log: file /log (same time)\n   |  Traceback\n"));
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("= log: loki q (not allowed)\n"));
  for (const char* format : kFormats)
    EXPECT_THAT(RenderReport(record, format), HasSubstr("AttributeError: x")) << format;
  EXPECT_THAT(RenderReport(record, "md"),
              HasSubstr("    ````\n    Traceback\n    | ```\n    AttributeError: x\n    ````\n"));
}

TEST(Markdown, IsAWorklogWithCommandCountsAndFindings) {
  const std::string text = RenderReport(BrokenInOneRegion(), "md");
  EXPECT_THAT(text, HasSubstr("wsfleet run chat.wsfleet.yaml"));
  EXPECT_THAT(text, HasSubstr("upgrade-refused-5xx"));
  EXPECT_THAT(text, HasSubstr("eu-west-1"));
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_LT(text.size(), std::size_t{1} << 20);
}

TEST(Markdown, HasTheTargetTheDateTheRegionsAndTheAuthorsLine) {
  RunRecord record = BrokenInOneRegion();
  for (CaseResult& result : record.shards[0].cases) result.target = "wss://chat.example.com:443";
  const std::string text = RenderReport(record, "md");
  EXPECT_THAT(text, HasSubstr("- date: 2027-01-15T08:00:00Z\n"));
  EXPECT_THAT(text, HasSubstr("- target: wss://chat.example.com:443\n"));
  EXPECT_THAT(text, HasSubstr("| suite | eu-west-1 | us-east-1 |\n| --- | --- | --- |\n| chat | ✗ 1/3 | ✓ 2/3 |\n"));
  EXPECT_THAT(text, HasSubstr("at chat.wsfleet.yaml:2:5: `- connect: {path: /ws}`\n"));
}

TEST(Markdown, TellsACauseOnceHoweverManyCasesItHas) {
  RunRecord record = BrokenInOneRegion();
  CaseResult again = record.shards[0].cases[1];
  again.case_id = CaseId("chat/four");
  again.scenario = "four";
  record.shards[0].cases.push_back(again);
  CaseResult other = again;
  other.case_id = CaseId("chat/five");
  other.scenario = "five";
  other.failure->evidence.body_excerpt = "something else";
  record.shards[0].cases.push_back(other);
  // As the first one, they passed in the other region.
  for (CaseResult passed : {again, other}) {
    passed.outcome = Outcome::kPassed;
    passed.failure.reset();
    record.shards[1].cases.push_back(passed);
  }
  Summarise(record);
  const std::string text = RenderReport(record, "md");
  const auto count = [&](std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("body: \\]\\]\\> \\<b\\>broken"), 1u) << text;
  EXPECT_EQ(count("body: something else"), 1u) << "another answer is another cause";
  EXPECT_THAT(text, HasSubstr("**chat › two** in eu-west-1"));
  EXPECT_THAT(text, HasSubstr("**chat › four** in eu-west-1"));
}

TEST(Markdown, CallsNobodyByWhatATargetSays) {
  RunRecord record = PoisonedWith("@everyone see @org/team, ada@example.com");
  // These are shown as code, where nobody is called.
  record.job.spec.command.clear();
  record.bundle.files.clear();
  for (CaseResult& result : record.shards[0].cases) {
    if (result.failure) result.failure->evidence.logs.clear();
  }
  const std::string text = RenderReport(record, "md");
  EXPECT_THAT(text, HasSubstr("@\u2060everyone see @\u2060org/team"));
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    EXPECT_TRUE(std::string_view(text).substr(at + 1).starts_with("\u2060")) << text.substr(at, 80);
  }
}

TEST(Markdown, SaysWhatToDoNextByClassAndAttribution) {
  const std::string text = RenderReport(BrokenInOneRegion(), "md");
  const std::string next = text.substr(text.find("## Next action"));
  EXPECT_THAT(next, HasSubstr("`upgrade-refused-5xx` (chat › two; eu-west-1)"));
  EXPECT_THAT(next, HasSubstr("the server's log"));
  EXPECT_THAT(next, HasSubstr("attributed to region-path: "));
  RunRecord record = BrokenInOneRegion();
  AttributedFailure& attributed = record.summary.failures.front();
  attributed.attribution = Attribution::kUndetermined;
  attributed.undetermined_for = "all 3 agents stand on one host, vm";
  EXPECT_THAT(Unescaped(RenderReport(record, "md")),
              AllOf(HasSubstr("  - attributed to: undetermined (all 3 agents stand on one host, vm)\n"),
                    HasSubstr("It is attributed to undetermined: all 3 agents stand on one host, vm.")));
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("→ undetermined (all 3 agents stand on one host, vm)\n"));
}

TEST(Markdown, BlamesNobodyForWhatACancelledRunDidNotReach) {
  RunRecord record = BrokenInOneRegion();
  record.job.verdict = JobVerdict::kCancelled;
  record.job.reasons = {"cancelled: wsfleet runs cancel, by ada@laptop"};
  record.shards[1].cases.resize(1);
  Summarise(record);
  std::string text = RenderReport(record, "md");
  const std::string next = text.substr(text.find("## Next action"));
  EXPECT_THAT(next, HasSubstr("before it was through (cancelled: wsfleet runs cancel, by ada@\u2060laptop)"));
  EXPECT_THAT(next, HasSubstr("`wsfleet runs rerun r-7Q2K`"));
  EXPECT_THAT(next, Not(HasSubstr("look at the agents")));
  EXPECT_THAT(next, HasSubstr("`upgrade-refused-5xx` (chat › two; eu-west-1)")) << "what failed before did fail";
  record.job.verdict = JobVerdict::kTimedOut;
  Summarise(record);
  EXPECT_THAT(RenderReport(record, "md"), HasSubstr("was not run. Give it a larger `--timeout`"));
}

}  // namespace
}  // namespace wsfleet::cli
