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
  EXPECT_EQ(AuditClassOf(change), "");
  EXPECT_EQ(AuditClassOf(refusal), "refused blue");
  EXPECT_EQ(AuditClassOf(stranger), "unknown");
  refusal.fleet = FleetName("green");
  EXPECT_EQ(AuditClassOf(refusal), "refused green") << "each fleet has one";
  refusal.outcome = AuditOutcome::kFailed;
  EXPECT_EQ(AuditClassOf(refusal), "") << "they might have";
  stranger.outcome = AuditOutcome::kFailed;
  EXPECT_EQ(AuditClassOf(stranger), "unknown") << "how many more were refused";
  stranger.outcome = AuditOutcome::kDone;
  EXPECT_EQ(AuditClassOf(stranger), "");
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
