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
  EXPECT_THAT(text, HasSubstr("\n✗ chat › two  eu-west-1  [upgrade-refused-5xx]  chat.wsfleet.yaml:2:5\n"));
  EXPECT_THAT(text, Not(HasSubstr("STAGE is not set")));
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
