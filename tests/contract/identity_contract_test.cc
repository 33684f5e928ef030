#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/base/text.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/every_store.h"
#include "tests/support/status_message.h"

// Join tokens and revocations, asked of every store.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Use = store::IdentityStore::JoinTokenUse;

store::JoinToken AJoinToken(const std::string& id, std::uint32_t uses = 1) {
  store::JoinToken token;
  token.id = id;
  token.hash = "hash of " + id;
  token.fleet = kFleet;
  token.region = RegionName("eu-west-1");
  token.pool = PoolName("edge");
  token.uses = uses;
  token.created = At(0);
  token.expires = At(1000);
  return token;
}

template <typename Factory>
class IdentityContract : public StoreContract<Factory> {
 protected:
  IdentityContract() { EXPECT_TRUE(this->owners_.CreateFleet(kFleet).ok()); }
  absl::Status UseOf(const std::string& token, const std::string& key, absl::Time at = At(1),
                     const std::string& instance = "host-0") {
    return this->identities_.UseJoinToken(Use{token, key, instance, at}).status();
  }
};
TYPED_TEST_SUITE(IdentityContract, EveryStore);

TYPED_TEST(IdentityContract, GivesBackEveryMemberOfAJoinToken) {
  ASSERT_TRUE(this->identities_.AddJoinToken(AJoinToken("t-1", 3)).ok());
  store::JoinToken newer = AJoinToken("t-2");
  newer.created = At(5);
  ASSERT_TRUE(this->identities_.AddJoinToken(newer).ok());
  EXPECT_EQ(*this->identities_.FindJoinToken("t-1"), AJoinToken("t-1", 3));
  EXPECT_THAT(*this->identities_.ListJoinTokens(kFleet), ElementsAre(newer, AJoinToken("t-1", 3)));
  EXPECT_THAT(*this->identities_.ListJoinTokens(FleetName("blue")), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(this->identities_.FindJoinToken("t-3").status()));
  EXPECT_TRUE(absl::IsAlreadyExists(this->identities_.AddJoinToken(newer)));
  newer.id = "t-4";
  newer.fleet = FleetName("blue");
  EXPECT_TRUE(absl::IsNotFound(this->identities_.AddJoinToken(newer)));
}

TYPED_TEST(IdentityContract, CountsAUseOfAJoinTokenOncePerKey) {
  ASSERT_TRUE(this->identities_.AddJoinToken(AJoinToken("t-1")).ok());
  ASSERT_TRUE(this->UseOf("t-1", "key-a").ok());
  // The same agent again: its answer was lost.
  EXPECT_TRUE(this->UseOf("t-1", "key-a").ok());
  EXPECT_EQ(this->identities_.FindJoinToken("t-1")->used, 1u);
  const absl::Status refused = this->UseOf("t-1", "key-b");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(Message(refused), HasSubstr("used up"));
  EXPECT_TRUE(absl::IsNotFound(this->UseOf("t-2", "key-a")));
}

TYPED_TEST(IdentityContract, LetsAKeyInAsOneAgentOnly) {
  ASSERT_TRUE(this->identities_.AddJoinToken(AJoinToken("t-1", 5)).ok());
  ASSERT_TRUE(this->UseOf("t-1", "key-a").ok());
  const absl::Status refused = this->UseOf("t-1", "key-a", At(1), "host-1");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(Message(refused), HasSubstr("another agent, host-0"));
  EXPECT_EQ(this->identities_.FindJoinToken("t-1")->used, 1u);
}

TYPED_TEST(IdentityContract, RefusesAJoinTokenThatIsExpiredOrRevokedEvenToWhoUsedIt) {
  ASSERT_TRUE(this->identities_.AddJoinToken(AJoinToken("t-1", 2)).ok());
  ASSERT_TRUE(this->UseOf("t-1", "key-a", At(999)).ok());
  const absl::Status expired = this->UseOf("t-1", "key-a", At(1000));
  EXPECT_TRUE(absl::IsFailedPrecondition(expired));
  EXPECT_THAT(Message(expired), HasSubstr("expired"));
  EXPECT_TRUE(absl::IsNotFound(this->identities_.RevokeJoinToken(FleetName("blue"), "t-1")));
  ASSERT_TRUE(this->identities_.RevokeJoinToken(kFleet, "t-1").ok());
  EXPECT_TRUE(this->identities_.RevokeJoinToken(kFleet, "t-1").ok());
  const absl::Status revoked = this->UseOf("t-1", "key-a", At(1));
  EXPECT_TRUE(absl::IsFailedPrecondition(revoked));
  EXPECT_THAT(Message(revoked), HasSubstr("revoked"));
  EXPECT_EQ(this->identities_.FindJoinToken("t-1")->used, 1u);
}

TYPED_TEST(IdentityContract, GivesTheLastUsesOfAJoinTokenToAsManyAgentsHoweverManyComeAtOnce) {
  ASSERT_TRUE(this->identities_.AddJoinToken(AJoinToken("t-1", 3)).ok());
  std::atomic<int> let_in = 0;
  std::vector<std::jthread> agents;
  for (int i = 0; i < 8; ++i) {
    agents.emplace_back([this, i, &let_in] {
      if (this->UseOf("t-1", fmt::format("key-{}", i)).ok()) ++let_in;
    });
  }
  agents.clear();
  EXPECT_EQ(let_in, 3);
  EXPECT_EQ(this->identities_.FindJoinToken("t-1")->used, 3u);
}

TYPED_TEST(IdentityContract, ForgetsJoinTokensAWeekAfterTheyExpired) {
  ASSERT_TRUE(this->identities_.AddJoinToken(AJoinToken("t-old")).ok());
  ASSERT_TRUE(this->UseOf("t-old", "key-a").ok());
  store::JoinToken later = AJoinToken("t-new");
  later.created = At(1000) + store::IdentityStore::kKeepExpired;
  ASSERT_TRUE(this->identities_.AddJoinToken(later).ok());
  EXPECT_TRUE(this->identities_.FindJoinToken("t-old").ok());
  later.id = "t-newer";
  later.created += absl::Milliseconds(1);
  ASSERT_TRUE(this->identities_.AddJoinToken(later).ok());
  EXPECT_TRUE(absl::IsNotFound(this->identities_.FindJoinToken("t-old").status()));
}

TYPED_TEST(IdentityContract, RevokesAgentsAndPoolsUntilThatIsUndone) {
  const store::Revocation agent{kFleet, PoolName("edge"), "host-0", "stolen", At(1)};
  const store::Revocation pool{kFleet, PoolName("lab"), "", "closed", At(2)};
  ASSERT_TRUE(this->identities_.Revoke({agent, pool}).ok());
  store::Revocation again = agent;
  again.reason = "another";
  ASSERT_TRUE(this->identities_.Revoke({again}).ok());
  EXPECT_THAT(*this->identities_.ListRevocations(), ElementsAre(agent, pool));
  ASSERT_TRUE(this->identities_.Unrevoke(kFleet, PoolName("edge"), "host-0").ok());
  EXPECT_TRUE(absl::IsNotFound(this->identities_.Unrevoke(kFleet, PoolName("edge"), "host-0")));
  EXPECT_THAT(*this->identities_.ListRevocations(), ElementsAre(pool));
  again.fleet = FleetName("blue");
  EXPECT_TRUE(absl::IsNotFound(this->identities_.Revoke({again})));
}

}  // namespace
}  // namespace wsfleet::testing
