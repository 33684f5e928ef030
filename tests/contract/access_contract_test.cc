#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/every_store.h"

// What access_store.h promises of tokens and of the audit log, asked of every store.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TokenRecord AToken(const std::string& id, const std::string& name, const FleetName& fleet = kFleet) {
  TokenRecord token;
  token.id = TokenId(id);
  token.name = name;
  token.fleet = fleet;
  token.role = Role::kOperator;
  token.digest = "digest of " + id;
  token.created_by = "ada";
  token.created = At(0);
  token.expires = At(1000);
  return token;
}

AuditRecord AnAct(std::int64_t at, const std::string& object, const FleetName& fleet = kFleet) {
  AuditRecord record;
  record.at = At(at);
  record.fleet = fleet;
  record.principal = "ci";
  record.identity = "https://issuer.example 17";
  record.token = TokenId("t-1");
  record.peer = "ipv4:127.0.0.1:4711";
  record.action = "runs.submit";
  record.object = object;
  record.outcome = AuditOutcome::kFailed;
  record.detail = "UNAVAILABLE";
  return record;
}

template <typename Factory>
class AccessContract : public ::testing::Test {
 protected:
  std::vector<std::string> Objects(const store::AuditStore::Query& query) {
    const auto records = audit_.ListAudit(query);
    EXPECT_TRUE(records.ok()) << records.status();
    std::vector<std::string> objects;
    for (const AuditRecord& record : *records) objects.push_back(record.object);
    return objects;
  }

  Factory factory_;
  decltype(factory_.Open()) opened_ = factory_.Open();
  store::TokenStore& tokens_ = *opened_;
  store::AuditStore& audit_ = *opened_;
  const FleetName blue_{"blue"};
};
TYPED_TEST_SUITE(AccessContract, EveryStore);

TYPED_TEST(AccessContract, GivesBackEveryMemberOfAToken) {
  const TokenRecord token = AToken("t-1", "ci");
  ASSERT_TRUE(this->tokens_.CreateToken(token).ok());
  EXPECT_THAT(*this->tokens_.UnrevokedTokens(), ElementsAre(token));
  TokenRecord revoked = token;
  revoked.revoked = At(5);
  const auto answer = this->tokens_.RevokeToken(kFleet, "t-1", At(5));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, revoked);
  EXPECT_THAT(*this->tokens_.UnrevokedTokens(), IsEmpty());
  EXPECT_THAT(*this->tokens_.ListTokens(kFleet, 10, TokenId()), ElementsAre(revoked));
}

TYPED_TEST(AccessContract, GivesANameToOneGoodTokenOfAFleet) {
  ASSERT_TRUE(this->tokens_.CreateToken(AToken("t-1", "ci")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(this->tokens_.CreateToken(AToken("t-2", "ci"))));
  EXPECT_TRUE(this->tokens_.CreateToken(AToken("t-3", "ci", this->blue_)).ok());
  ASSERT_TRUE(this->tokens_.RevokeToken(kFleet, "ci", At(5)).ok());
  EXPECT_TRUE(this->tokens_.CreateToken(AToken("t-4", "ci")).ok());
  TokenRecord later = AToken("t-5", "ci");
  later.created = At(1000);
  EXPECT_TRUE(this->tokens_.CreateToken(later).ok()) << "the one before has expired";
}

TYPED_TEST(AccessContract, RevokesByIdOrNameAndOnlyOnce) {
  ASSERT_TRUE(this->tokens_.CreateToken(AToken("t-1", "ci")).ok());
  EXPECT_TRUE(absl::IsNotFound(this->tokens_.RevokeToken(this->blue_, "t-1", At(1)).status()));
  EXPECT_TRUE(absl::IsNotFound(this->tokens_.RevokeToken(kFleet, "other", At(1)).status()));
  EXPECT_EQ(this->tokens_.RevokeToken(kFleet, "ci", At(2))->revoked, At(2));
  EXPECT_EQ(this->tokens_.RevokeToken(kFleet, "t-1", At(3))->revoked, At(2));
}

TYPED_TEST(AccessContract, SaysWhetherTokensHaveChanged) {
  const auto before = this->tokens_.TokensVersion();
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_TRUE(this->tokens_.CreateToken(AToken("t-1", "ci")).ok());
  const auto created = this->tokens_.TokensVersion();
  EXPECT_NE(*created, *before);
  EXPECT_FALSE(this->tokens_.CreateToken(AToken("t-2", "ci")).ok());
  EXPECT_EQ(*this->tokens_.TokensVersion(), *created);
  ASSERT_TRUE(this->tokens_.RevokeToken(kFleet, "ci", At(2)).ok());
  EXPECT_NE(*this->tokens_.TokensVersion(), *created);
}

TYPED_TEST(AccessContract, ListsTokensOfAFleetInPages) {
  for (const char* id : {"t-3", "t-1", "t-2"}) ASSERT_TRUE(this->tokens_.CreateToken(AToken(id, id)).ok());
  ASSERT_TRUE(this->tokens_.CreateToken(AToken("t-4", "ci", this->blue_)).ok());
  EXPECT_THAT(*this->tokens_.ListTokens(kFleet, 2, TokenId()), ElementsAre(AToken("t-1", "t-1"), AToken("t-2", "t-2")));
  EXPECT_THAT(*this->tokens_.ListTokens(kFleet, 2, TokenId("t-2")), ElementsAre(AToken("t-3", "t-3")));
}

TYPED_TEST(AccessContract, RefusesMoreTokensThanAFleetMayHave) {
  for (std::uint32_t i = 0; i < store::TokenStore::kMaxTokens; ++i) {
    const std::string id = "t-" + std::to_string(i);
    ASSERT_TRUE(this->tokens_.CreateToken(AToken(id, id)).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(this->tokens_.CreateToken(AToken("t-x", "ci"))));
  EXPECT_TRUE(this->tokens_.CreateToken(AToken("t-y", "ci", this->blue_)).ok());
}

TYPED_TEST(AccessContract, RemovesTokensThatAreNoGoodAnyMore) {
  TokenRecord lasting = AToken("t-3", "lasting");
  lasting.expires = At(9000);
  for (const TokenRecord& token : {AToken("t-1", "expired"), AToken("t-2", "revoked"), lasting}) {
    ASSERT_TRUE(this->tokens_.CreateToken(token).ok());
  }
  ASSERT_TRUE(this->tokens_.RevokeToken(kFleet, "t-2", At(10)).ok());
  ASSERT_TRUE(this->tokens_.RemoveTokens(At(11)).ok());
  EXPECT_THAT(*this->tokens_.ListTokens(kFleet, 10, TokenId()),
              UnorderedElementsAre(AToken("t-1", "expired"), lasting));
  ASSERT_TRUE(this->tokens_.RemoveTokens(At(1001)).ok());
  EXPECT_THAT(*this->tokens_.ListTokens(kFleet, 10, TokenId()), ElementsAre(lasting));
}

TYPED_TEST(AccessContract, GivesBackEveryMemberOfAnAuditRecordNewestFirst) {
  const AuditRecord first = AnAct(0, "r-1");
  AuditRecord second = AnAct(1, "r-2");
  second.outcome = AuditOutcome::kDone;
  ASSERT_TRUE(this->audit_.AppendAudit({first, second}).ok());
  auto records = *this->audit_.ListAudit({.limit = 10});
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_GT(records[0].number, records[1].number);
  for (AuditRecord& record : records) record.number = 0;
  EXPECT_THAT(records, ElementsAre(second, first));
}

TYPED_TEST(AccessContract, ListsAuditRecordsByFleetTimeAndPage) {
  ASSERT_TRUE(this->audit_.AppendAudit({AnAct(0, "r-1"), AnAct(1, "b-1", this->blue_), AnAct(2, "r-2")}).ok());
  ASSERT_TRUE(this->audit_.AppendAudit({AnAct(3, "none", FleetName())}).ok());
  EXPECT_THAT(this->Objects({.limit = 10}), ElementsAre("none", "r-2", "b-1", "r-1"));
  EXPECT_THAT(this->Objects({.fleet = kFleet, .limit = 10}), ElementsAre("r-2", "r-1"));
  EXPECT_THAT(this->Objects({.fleet = this->blue_, .limit = 10}), ElementsAre("b-1"));
  EXPECT_THAT(this->Objects({.since = At(2), .limit = 10}), ElementsAre("none", "r-2"));
  const std::uint64_t newest = this->audit_.ListAudit({.fleet = kFleet, .limit = 1})->front().number;
  EXPECT_THAT(this->Objects({.fleet = kFleet, .before = newest, .limit = 10}), ElementsAre("r-1"));
}

TYPED_TEST(AccessContract, RemovesTheOldestAuditRecordsInSteps) {
  std::vector<AuditRecord> records;
  for (int i = 0; i < 600; ++i) records.push_back(AnAct(i, std::to_string(i)));
  ASSERT_TRUE(this->audit_.AppendAudit(records).ok());
  EXPECT_EQ(*this->audit_.RemoveAudit(At(0), {.refusals = 1000}), 0u);
  EXPECT_EQ(*this->audit_.RemoveAudit(At(10), {.refusals = 1000}), 10u) << "too old";
  std::uint32_t removed = 0, steps = 0;
  for (std::uint32_t step = 1; step != 0; removed += step, ++steps) {
    step = *this->audit_.RemoveAudit(At(0), {.refusals = 50});
  }
  EXPECT_EQ(removed, 540u) << "too many";
  EXPECT_GT(steps, 2u);
  EXPECT_THAT(this->Objects({.limit = 1000}), SizeIs(50));
  EXPECT_THAT(this->Objects({.limit = 1}), ElementsAre("599"));
}

TYPED_TEST(AccessContract, RemovesNoAuditRecordOfAChangeBecauseOfRefusalsFailuresOrRuns) {
  const auto refused = [](int i, const std::string& principal, const FleetName& fleet) {
    AuditRecord record = AnAct(i, (principal.empty() ? "stranger" : principal) + std::to_string(i), fleet);
    record.principal = principal;
    record.outcome = AuditOutcome::kDenied;
    return record;
  };
  const store::AuditStore::Limits limits{.changes = 2, .refusals = 3};
  const auto done = [](int i, const std::string& object, const FleetName& fleet) {
    AuditRecord record = AnAct(i, object, fleet);
    record.outcome = AuditOutcome::kDone;
    return record;
  };
  AuditRecord admin = done(1, "admin", kFleet);
  admin.action = "tokens.create";
  ASSERT_TRUE(this->audit_.AppendAudit({done(0, "oldest", kFleet), admin, done(1, "r-1", kFleet)}).ok());
  ASSERT_TRUE(this->audit_.AppendAudit({done(2, "b-1", this->blue_), done(2, "r-2", kFleet)}).ok());
  ASSERT_TRUE(this->audit_.AppendAudit({refused(3, "eve", kFleet)}).ok());
  for (int i = 10; i < 20; ++i) {
    ASSERT_TRUE(
        this->audit_
            .AppendAudit({refused(i, "", FleetName()), refused(i, "mallory", this->blue_), refused(i, "", kFleet)})
            .ok());
    ASSERT_TRUE(this->audit_.AppendAudit({AnAct(i, "failed" + std::to_string(i))}).ok());
  }
  for (std::uint32_t step = 1; step != 0;) step = *this->audit_.RemoveAudit(At(0), limits);
  EXPECT_THAT(this->Objects({.limit = 1000}),
              ElementsAre("failed19", "stranger19", "mallory19", "stranger19", "failed18", "stranger18", "mallory18",
                          "failed17", "mallory17", "eve3", "r-2", "b-1", "r-1", "admin"));
}

}  // namespace
}  // namespace wsfleet::testing
