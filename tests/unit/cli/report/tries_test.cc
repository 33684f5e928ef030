#include "cli/report/tries.h"

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "cli/report/trace.h"
#include "cli/terminal/summary.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/record.h"

// What reports say of the tries of a case before the last one.
namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What failed in eu-west-1 passed there in its third try.
RunRecord FlakyInOneRegion() {
  RunRecord record = BrokenInOneRegion();
  CaseResult& flaky = record.shards[0].cases[1];
  flaky.outcome = Outcome::kPassed;
  flaky.flaky = true;
  flaky.tries = 3;
  flaky.failure->phase = Phase::kMessage;
  flaky.failure->failure_class = FailureClass::kClose;
  flaky.failure->message = "closed with 1011 \x1b[31mnow";
  flaky.failure->evidence.close_code = 1011;
  flaky.earlier_failures = {*flaky.failure, *flaky.failure};
  flaky.earlier_failures[1].message = "closed with 1012";
  flaky.earlier_failures[1].evidence = {};
  flaky.failure.reset();
  record.job.verdict = JobVerdict::kPassed;
  Summarise(record);
  return record;
}

TEST(Tries, OfAFlakyPassAreNamedInTheSummary) {
  for (const bool full : {false, true}) {
    EXPECT_THAT(
        RenderSummary(FlakyInOneRegion(), full),
        HasSubstr("\n✓ chat › two  eu-west-1  flaky: passed in try 3; try 1: [close] closed with 1011 ?[31mnow; "
                  "try 2: [close] closed with 1012\n"));
  }
}

TEST(Tries, OfManyFlakyPassesAreNamedUpToALimit) {
  RunRecord record = FlakyInOneRegion();
  for (int i = 0; i < 30; ++i) {
    CaseResult& more = record.shards[0].cases.emplace_back(record.shards[0].cases[1]);
    more.case_id = CaseId("chat/more-" + std::to_string(i));
  }
  EXPECT_THAT(RenderSummary(record, false), HasSubstr("\n… and 11 more that are flaky\n"));
}

TEST(Tries, OfAFlakyPassAreInEveryReport) {
  const RunRecord record = FlakyInOneRegion();
  for (const char* format : {"json", "junit", "ctrf", "html", "md"}) {
    const std::string text = RenderReport(record, format);
    EXPECT_THAT(text, HasSubstr("closed with 1011")) << format;
    EXPECT_THAT(text, HasSubstr("closed with 1012")) << format;
    EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << format;
  }
  EXPECT_THAT(RenderReport(record, "junit"), HasSubstr("<flakyFailure type=\"close\" message=\"closed with 1011 "));
  EXPECT_THAT(RenderReport(record, "html"), HasSubstr("HTTP/1.1 500 Oops")) << "the frames of the first try";
  const boost::json::value ctrf = boost::json::parse(RenderReport(record, "ctrf"));
  const boost::json::value& test = ctrf.at("results").at("tests").at(1);
  EXPECT_TRUE(test.at("flaky").as_bool());
  EXPECT_THAT(std::string(test.at("message").as_string()), HasSubstr("try 1: [close] closed with 1011"));
  EXPECT_THAT(std::string(test.at("trace").as_string()), HasSubstr("close 1011"));
}

TEST(Tries, OfAFlakyPassStandApartFromThePassesOfOtherRegions) {
  EXPECT_THAT(
      RenderReport(FlakyInOneRegion(), "md"),
      HasSubstr("- **chat › two** in us-east-1\n- **chat › two** in eu-west-1 (flaky: passed in try 3; try 1: "));
}

TEST(Tries, OfAFlakyPassHaveATrace) {
  const RunRecord record = FlakyInOneRegion();
  const auto traces = SelectTraces(record, "", "");
  ASSERT_EQ(traces->size(), 1u);
  const std::string text = RenderTraces(*traces);
  EXPECT_THAT(text, HasSubstr("  flaky: passed in try 3; try 1: [close] closed with 1011"));
  EXPECT_THAT(text, HasSubstr("\n  try 3: connect 1.0ms · upgrade 7.0ms\n")) << "not of the frames below";
  EXPECT_THAT(text, HasSubstr("  the frames of try 1\n"));
  EXPECT_THAT(text, HasSubstr("HTTP/1.1 500 Oops"));
  const boost::json::array json = ToJson(*traces);
  EXPECT_EQ(json[0].at("class").as_string(), "close");
  EXPECT_EQ(json[0].at("transcript").as_array().size(), 2u);
  EXPECT_EQ(json[0].at("timings_of_try").to_number<int>(), 3);
  EXPECT_EQ(json[0].at("transcript_of_try").to_number<int>(), 1);
}

TEST(Tries, OfAFlakyPassAreANextAction) {
  RunRecord record = FlakyInOneRegion();
  const std::string text = RenderReport(record, "md");
  EXPECT_THAT(text, HasSubstr("## Next action\n\n- `close` (chat › two; eu-west-1): "));
  EXPECT_THAT(text, HasSubstr("It passed only after a failed try, so it comes and goes: `--repeat` gives its rate.\n"));
  EXPECT_THAT(text, Not(HasSubstr("None: everything")));
  record.shards[0].cases[1].earlier_failures.clear();  // an agent of an earlier version
  EXPECT_THAT(RenderReport(record, "md"),
              HasSubstr("- chat › two; eu-west-1: it passed only after a failed try, so it comes and goes"));
}

TEST(Tries, OfAFlakyPassAreFoundInTheServersLogByTheirTraceIds) {
  RunRecord record = FlakyInOneRegion();
  record.shards[0].cases[1].earlier_failures[1].evidence.trace_id = "4bf9";
  EXPECT_THAT(RenderReport(record, "html"), HasSubstr("[close] closed with 1012 · trace id 4bf9"));
  EXPECT_THAT(RenderReport(record, "html"), HasSubstr("Times and facts of try 3, which passed:"));
}

TEST(Tries, OfAFailureAreCountedAndNamedWhereTheyDiffer) {
  RunRecord record = BrokenInOneRegion();
  CaseResult& broken = record.shards[0].cases[1];
  EXPECT_EQ(TriesText(broken), "");
  broken.tries = 3;
  broken.earlier_failures = {*broken.failure, *broken.failure};
  EXPECT_EQ(TriesText(broken), "3 times, each with the same");
  broken.earlier_failures[0].message = "another";
  EXPECT_EQ(TriesText(broken), "3 times; try 1: [upgrade-refused-5xx] another; try 2: the same");
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("   = tried: 3 times; try 1: [upgrade-refused-5xx] another; "));
  for (const char* format : {"junit", "html", "md"}) EXPECT_THAT(RenderReport(record, format), HasSubstr("another"));
  broken.earlier_failures.clear();  // an agent of an earlier version
  EXPECT_EQ(TriesText(broken), "3 times");
}

}  // namespace
}  // namespace wsfleet::cli
