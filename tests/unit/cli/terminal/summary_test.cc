#include "cli/terminal/summary.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Summary, ShowsTheFailureAtTheAuthorsLineWithItsEvidence) {
  const std::string text = RenderSummary(BrokenInOneRegion(), true);
  EXPECT_THAT(text, HasSubstr("✗ chat › two  eu-west-1  [upgrade-refused-5xx]"));
  EXPECT_THAT(text, HasSubstr("--> chat.wsfleet.yaml:2:5: the upgrade was answered with 500"));
  EXPECT_THAT(text, HasSubstr("^^^^^^^"));
  EXPECT_THAT(text, HasSubstr("= phase: upgrade"));
  EXPECT_THAT(text, HasSubstr("= scope: eu-west-1 only (us-east-1 passed)"));
  EXPECT_THAT(text, HasSubstr("STAGE is not set"));
}

TEST(Summary, EndsWithTheMatrixAndTheVerdict) {
  const std::string text = RenderSummary(BrokenInOneRegion(), false);
  EXPECT_THAT(text, HasSubstr("Run r-7Q2K  chat · 3 cases × 2 regions · 3.00s\n"));
  EXPECT_THAT(text, HasSubstr("       eu-west-1  us-east-1\n chat  ✗ 1/3      ✓ 2/3\n"));
  EXPECT_THAT(text,
              HasSubstr("VERDICT failed (exit 1)   passed 3 · failed 1 · inconclusive 0 · skipped 2 · flaky 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("= phase")));
}

TEST(Summary, NamesEachFailureInALineWhenItIsCompact) {
  const std::string text = RenderSummary(BrokenInOneRegion(), false);
  EXPECT_THAT(text,
              HasSubstr("\n✗ chat › two  eu-west-1  [upgrade-refused-5xx]  chat.wsfleet.yaml:2:5  the upgrade was "
                        "answered with 500 ?[31m<Oops> & more\n"));
  EXPECT_THAT(text, Not(HasSubstr("STAGE is not set")));
}

TEST(Summary, ShowsOneCauseOnceAndNamesTheOtherCasesOfIt) {
  RunRecord record = BrokenInOneRegion();
  for (const std::size_t other : {0, 2}) {
    CaseResult& result = record.shards[0].cases[other];
    result.outcome = Outcome::kFailed;
    result.failure = record.shards[0].cases[1].failure;
    result.tries = record.shards[0].cases[1].tries;
  }
  record.shards[1].cases[2] = record.shards[0].cases[2];
  record.summary.failures.clear();  // attributed to nobody, all of them
  const std::string text = RenderSummary(record, true);
  EXPECT_THAT(text, HasSubstr("✗ chat › one  eu-west-1  [upgrade-refused-5xx]"));
  EXPECT_THAT(text, HasSubstr("   = and 2 more with the same: chat › two, chat › three (eu-west-1, us-east-1)\n"));
  EXPECT_THAT(text, Not(HasSubstr("✗ chat › two")));
  EXPECT_THAT(RenderSummary(record, false), HasSubstr("✗ chat › two")) << "a line each where it is compact";
}

TEST(Summary, CountsOneCaseInOneRegionAsOne) {
  RunRecord record = BrokenInOneRegion();
  record.shards.pop_back();
  record.shards[0].cases.resize(1);
  record.job.spec.cases.resize(1);
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("· 1 case × 1 region ·"));
}

TEST(Summary, CountsOneFrameAsOne) {
  RunRecord record = BrokenInOneRegion();
  record.shards[0].cases[1].proof.frames_in = 1;
  EXPECT_THAT(RenderSummary(record, true), HasSubstr(" · 1 frame, "));
}

TEST(Summary, SaysWhatTheHandshakeTookAndWhatTheCaseTook) {
  RunRecord record = BrokenInOneRegion();
  CaseResult& broken = record.shards[0].cases[1];
  broken.duration = absl::Seconds(3);
  broken.proof.timings.total = absl::Microseconds(666);
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("= wire: handshake 666µs · case 3.00s · "));
}

TEST(Summary, ShowsWhereARedirectLeadsAndWhoAnswered) {
  RunRecord record = BrokenInOneRegion();
  record.shards[0].cases[1].failure->evidence.headers = {
      {"server", "nginx"}, {"date", "today"}, {"content-length", "0"}, {"location", "/login\x1b[31m"}};
  const std::string text = RenderSummary(record, true);
  EXPECT_THAT(text, HasSubstr("   = location: /login?[31m\n"));
  EXPECT_THAT(text, HasSubstr("   = server: nginx\n"));
  EXPECT_THAT(text, Not(HasSubstr("= date"))) << "it explains nothing";
}

TEST(Summary, NeverPassesOnWhatATerminalWouldObey) {
  EXPECT_THAT(RenderSummary(BrokenInOneRegion(), true), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace wsfleet::cli
