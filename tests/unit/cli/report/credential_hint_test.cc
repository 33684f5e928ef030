#include "cli/report/credential_hint.h"

#include <string>

#include "cli/terminal/summary.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// "two" is refused with 403 in both regions, with the credential `user`.
RunRecord Refused() {
  RunRecord record = BrokenInOneRegion();
  CaseResult& first = record.shards[0].cases[1];
  first.failure->failure_class = FailureClass::kAuth;
  first.failure->evidence.status = 403;
  first.credentials = {{"user", false}};
  record.shards[1].cases[1] = first;
  Summarise(record);
  return record;
}

TEST(CredentialHint, IsGivenWhereACredentialWasLetInNowhere) {
  const RunRecord record = Refused();
  EXPECT_THAT(CredentialHint(record, record.shards[0].cases[1]),
              HasSubstr("it may be the credential: user was let in"));
  const std::string line = "hint: it may be the credential: user was let in nowhere";
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("→ target\n   = " + line));
  EXPECT_THAT(RenderReport(record, "md"), HasSubstr("  - " + line));
}

TEST(CredentialHint, IsNotGivenWhereTheSameOneOrTheAttributionSaysMore) {
  RunRecord record = Refused();
  record.shards[1].cases[0].credentials = {{"user", true}};
  Summarise(record);
  EXPECT_THAT(CredentialHint(record, record.shards[0].cases[1]), IsEmpty());
  // Another one was let in: the attribution itself is configuration.
  record.shards[1].cases[0].credentials = {{"other", true}};
  Summarise(record);
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("→ configuration"));
  EXPECT_THAT(CredentialHint(record, record.shards[0].cases[1]), IsEmpty());
}

// Two cases are refused alike, and for different reasons: they are shown apart, each with whom it is attributed to.
TEST(Causes, AreApartWhereAttributionsAre) {
  RunRecord record = Refused();
  for (ShardRecordWithCases& entry : record.shards) {
    entry.cases[1].credentials = {{"user", false, "ws://h:1/a"}};
    entry.cases[0] = entry.cases[1];
    entry.cases[0].case_id = CaseId("chat/one");
    entry.cases[0].scenario = "one";
    entry.cases[0].credentials = {{"user", false, "ws://h:1/closed"}};
    entry.cases[2].credentials = {{"other", true, "ws://h:1/a"}};
  }
  Summarise(record);
  for (const std::string& text : {RenderSummary(record, true), RenderReport(record, "md")}) {
    EXPECT_THAT(text, HasSubstr("target"));
    EXPECT_THAT(text, HasSubstr("configuration"));
  }
}

TEST(Attributions, AreShownOfRoundsToo) {
  RunRecord record = Refused();
  for (ShardRecordWithCases& entry : record.shards) entry.cases[1].scenario = "two #3";
  Summarise(record);
  EXPECT_THAT(RenderSummary(record, true), HasSubstr("→ target"));
}

TEST(CredentialHint, IsForRefusalsOnly) {
  RunRecord record = Refused();
  record.shards[0].cases[1].failure->failure_class = FailureClass::kUpgradeRefused5xx;
  EXPECT_THAT(CredentialHint(record, record.shards[0].cases[1]), IsEmpty());
  EXPECT_THAT(CredentialHint(record, record.shards[0].cases[0]), IsEmpty());
  RunRecord nobody = Refused();
  nobody.shards[0].cases[1].credentials.clear();
  EXPECT_THAT(CredentialHint(nobody, nobody.shards[0].cases[1]), IsEmpty());
  EXPECT_THAT(RenderSummary(BrokenInOneRegion(), true), Not(HasSubstr("it may be the credential")));
}

}  // namespace
}  // namespace wsfleet::cli
