#include "coordinator/access/token_registry.h"

#include <set>

#include "absl/time/clock.h"
#include "coordinator/secret_text.h"
#include "coordinator/store/sqlite/sqlite_store.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/status_message.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using testing::Message;

class TokenRegistryTest : public ::testing::Test {
 protected:
  TokenRegistryTest() { EXPECT_TRUE(registry_.Begin().ok()); }

  std::string Create(const std::string& name, absl::Duration ttl = absl::Hours(1)) {
    NewToken made = MakeToken().value();
    TokenRecord token;
    token.id = TokenId("t-" + name);
    token.name = name;
    token.fleet = FleetName("blue");
    token.role = Role::kRunner;
    token.digest = made.digest;
    token.created = absl::Now() - absl::Hours(2);
    token.expires = absl::Now() + ttl;
    EXPECT_TRUE(store_->CreateToken(token).ok());
    return made.secret;
  }
  absl::StatusOr<Caller> Find(const std::string& secret) { return registry_.Find("Bearer " + secret); }

  std::unique_ptr<store::SqliteStore> store_ = *store::SqliteStore::Open(":memory:");
  TokenRegistry registry_{*store_, {.bootstrap = "boot", .interval = absl::Milliseconds(20)}};
};

TEST(MakeToken, GivesAnotherOneEachTimeAndOnlyItsDigestToKeep) {
  std::set<std::string> secrets;
  for (int i = 0; i < 100; ++i) secrets.insert(MakeToken()->secret);
  EXPECT_EQ(secrets.size(), 100U);
  const NewToken token = MakeToken().value();
  EXPECT_EQ(token.secret.size(), 47U);
  EXPECT_TRUE(token.secret.starts_with("wsf_"));
  EXPECT_EQ(token.digest, Sha256Hex(token.secret));
}

TEST_F(TokenRegistryTest, KnowsTheTokenOfTheFileAsAdminOfEveryFleet) {
  const auto caller = Find("boot");
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->grants, Grants(std::nullopt, Role::kAdmin));
}

TEST_F(TokenRegistryTest, KnowsWhatOthersStoreAfterAMoment) {
  const std::string secret = Create("ci");
  EXPECT_TRUE(testing::WaitUntil([&] { return Find(secret).ok(); }));
  const auto caller = Find(secret);
  EXPECT_EQ(caller->name, "ci");
  EXPECT_EQ(caller->grants, Grants(FleetName("blue"), Role::kRunner));
  ASSERT_TRUE(store_->RevokeToken(FleetName("blue"), "ci", absl::Now()).ok());
  EXPECT_TRUE(testing::WaitUntil([&] { return absl::IsUnauthenticated(Find(secret).status()); }));
  EXPECT_TRUE(absl::IsUnauthenticated(registry_.Recheck(*caller).status()));
}

TEST_F(TokenRegistryTest, RefusesWhatItDoesNotKnowAndSaysWhatToDo) {
  for (const std::string secret : {"", "boo", "boots", "wsf_x"}) {
    EXPECT_TRUE(absl::IsUnauthenticated(Find(secret).status())) << secret;
  }
  EXPECT_THAT(Message(registry_.Find("").status()), HasSubstr("found none"));
  EXPECT_THAT(Message(registry_.Find("Basic boot").status()), HasSubstr("does not begin with \"Bearer \""));
  EXPECT_THAT(Message(Find("x").status()), HasSubstr("--token-file"));
}

TEST_F(TokenRegistryTest, SaysThatItKnowsNoIssuersIfItIsShownATokenOfOne) {
  EXPECT_THAT(Message(Find("e30.e30.AA").status()), HasSubstr("found a JWT and it knows no issuers (--oidc)"));
}

TEST_F(TokenRegistryTest, RefusesAnExpiredTokenAndSaysWhich) {
  const std::string secret = Create("old", absl::Seconds(-1));
  ASSERT_TRUE(registry_.Reload().ok());
  EXPECT_TRUE(absl::IsUnauthenticated(Find(secret).status()));
  EXPECT_THAT(Message(Find(secret).status()), HasSubstr("\"old\", which expired at"));
}

TEST(TokenRegistry, LetsAnyoneInOnlyWhereThatIsWanted) {
  const auto store = *store::SqliteStore::Open(":memory:");
  TokenRegistry open(*store, {"", true});
  EXPECT_TRUE(open.Find("").ok());
  EXPECT_FALSE(open.Find("Bearer x").ok()) << "who presents a token must be known by it";
  TokenRegistry closed(*store, {"", false});
  EXPECT_FALSE(closed.Find("").ok());
}

}  // namespace
}  // namespace wsfleet::coordinator
