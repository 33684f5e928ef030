#include <string>

#include "boost/json/parse.hpp"
#include "cli/terminal/summary.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

constexpr const char* kFormats[] = {"json", "junit", "ctrf", "html", "md"};

TEST(Reports, AllSayThatACertificateWasNotVerified) {
  RunRecord record = BrokenInOneRegion();
  record.shards[1].cases[0].warnings = {"insecure: the certificate was not verified"};  // of a pass
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("insecure: the certificate was not verified"));
  for (const char* format : kFormats) {
    EXPECT_THAT(RenderReport(record, format), HasSubstr("insecure: the certificate was not verified")) << format;
  }
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

}  // namespace
}  // namespace wsfleet::cli
