#include "core/access/records.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(Role, ReadsWhatItWritesAndNothingElse) {
  for (const Role role : {Role::kViewer, Role::kRunner, Role::kOperator, Role::kAdmin}) {
    EXPECT_EQ(ParseRole(RoleName(role)), role);
  }
  EXPECT_EQ(ParseRole("root"), std::nullopt);
  EXPECT_EQ(ParseRole(""), std::nullopt);
  EXPECT_LT(Role::kViewer, Role::kRunner);
  EXPECT_LT(Role::kRunner, Role::kOperator);
  EXPECT_LT(Role::kOperator, Role::kAdmin);
}

TEST(AuditOutcome, ReadsWhatItWritesAndNothingElse) {
  for (const AuditOutcome outcome : {AuditOutcome::kDone, AuditOutcome::kDenied, AuditOutcome::kFailed}) {
    EXPECT_EQ(ParseAuditOutcome(AuditOutcomeName(outcome)), outcome);
  }
  EXPECT_EQ(ParseAuditOutcome("perhaps"), std::nullopt);
}

TEST(AuditRecord, OfACallerThatNobodyKnowsIsOfAClassOfItsOwn) {
  AuditRecord change, refusal, stranger;
  change.principal = refusal.principal = "ci";
  change.fleet = refusal.fleet = stranger.fleet = FleetName("blue");
  refusal.outcome = stranger.outcome = AuditOutcome::kDenied;
  EXPECT_EQ(AuditClassOf(change), "changes blue");
  EXPECT_EQ(AuditClassOf(refusal), "refused blue");
  EXPECT_EQ(AuditClassOf(stranger), "unknown");
  refusal.fleet = FleetName("green");
  EXPECT_EQ(AuditClassOf(refusal), "refused green") << "each fleet has one";
  refusal.outcome = AuditOutcome::kFailed;
  EXPECT_EQ(AuditClassOf(refusal), "idle green") << "they might have";
  stranger.outcome = AuditOutcome::kFailed;
  EXPECT_EQ(AuditClassOf(stranger), "unknown") << "how many more were refused";
  stranger.outcome = AuditOutcome::kDone;
  EXPECT_EQ(AuditClassOf(stranger), "changes blue");
}

TEST(AuditRecord, OfARunOrOfNoChangeMakesWayForNoOtherChange) {
  AuditRecord record;
  record.principal = "ci";
  record.fleet = FleetName("blue");
  record.action = "tokens.create";
  EXPECT_EQ(AuditClassOf(record), "changes blue");
  record.action = "runs.cancel";
  EXPECT_EQ(AuditClassOf(record), "runs blue");
  record.action = "schedules.trigger";
  EXPECT_EQ(AuditClassOf(record), "runs blue");
  record.changed = false;
  EXPECT_EQ(AuditClassOf(record), "idle blue") << "it had ended before";
  EXPECT_TRUE(IsClassOfChanges("") && IsClassOfChanges("changes blue") && IsClassOfChanges("runs blue"));
  EXPECT_FALSE(IsClassOfChanges("idle blue") || IsClassOfChanges("refused blue") || IsClassOfChanges("unknown"));
}

TEST(AuditRecord, OfAStopWaitsForNoRun) {
  EXPECT_TRUE(EndsHarm("fleet.stop"));
  EXPECT_FALSE(EndsHarm("runs.submit"));
}

TEST(TokenRecord, IsGoodUntilItExpiresOrIsRevoked) {
  TokenRecord token;
  token.expires = absl::FromUnixSeconds(100);
  EXPECT_TRUE(token.IsGood(absl::FromUnixSeconds(99)));
  EXPECT_FALSE(token.IsGood(absl::FromUnixSeconds(100)));
  token.revoked = absl::FromUnixSeconds(5);
  EXPECT_FALSE(token.IsGood(absl::FromUnixSeconds(6)));
}

TEST(TokenId, LooksLikeThatOfAToken) {
  EXPECT_EQ(TokenIdOf(0).value(), "t-0000000000");
  EXPECT_NE(TokenIdOf(1), TokenIdOf(2));
}

}  // namespace
}  // namespace wsfleet
