#include "coordinator/access/key_source.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/key_server.h"
#include "tests/support/status_message.h"
#include "tests/support/token_issuer.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using testing::IssuerKey;
using testing::JwkSet;
using testing::Message;
using testing::WaitUntil;

class KeySourceTest : public ::testing::Test {
 protected:
  static bool Has(KeySource& source, const std::string& id) {
    const auto keys = source.Get();
    return keys.ok() && (*keys)->Find(oidc::Algorithm::kEs256, id).ok();
  }
  oidc::KeyLocation Served() const {
    oidc::KeyLocation location;
    location.url = server_.url();
    location.ca_file = server_.ca_file();
    return location;
  }

  const IssuerKey old_{IssuerKey::Type::kP256, "old"}, new_{IssuerKey::Type::kP256, "new"};
  testing::KeyServer server_{JwkSet({old_.Jwk()})};
};

TEST_F(KeySourceTest, ReadsAFileAtOnceAndFollowsItWhileItIsGood) {
  const testing::TemporaryDirectory directory;
  oidc::KeyLocation location;
  location.file = directory.Write("keys.json", JwkSet({old_.Jwk()}));
  KeySource::Pace pace;
  pace.file = pace.retry = absl::Milliseconds(20);
  KeySource source("corp", location, pace);
  ASSERT_TRUE(Has(source, "old"));
  directory.Write("keys.json", JwkSet({new_.Jwk()}));
  ASSERT_TRUE(WaitUntil([&] { return Has(source, "new"); }));
  EXPECT_FALSE(Has(source, "old"));
  directory.Write("keys.json", "{");
  // The thread has seen it when it says so.
  EXPECT_TRUE(WaitUntil([&] { return Message(source.LookForMore("k")).find("cannot read") != std::string::npos; }));
  EXPECT_TRUE(Has(source, "new")) << "the last good ones stay";
}

TEST_F(KeySourceTest, AsksAServerWhoseCertificateIsOfTheAuthorityAndNoOther) {
  KeySource source("corp", Served(), {});
  EXPECT_TRUE(WaitUntil([&] { return Has(source, "old"); }));
  oidc::KeyLocation of_system = Served();
  of_system.ca_file.clear();
  KeySource stranger("corp", of_system, {});
  EXPECT_TRUE(WaitUntil([&] { return Message(stranger.Get().status()).find("certificate") != std::string::npos; }))
      << stranger.Get().status();
}

TEST_F(KeySourceTest, LooksForAMissingKeyOnceInAWhileHoweverOftenItIsAskedFor) {
  KeySource source("corp", Served(), {});
  ASSERT_TRUE(WaitUntil([&] { return Has(source, "old"); }));
  server_.Serve(JwkSet({old_.Jwk(), new_.Jwk()}));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(absl::IsUnavailable(source.LookForMore("new"))) << "it may be newer than what was read a moment ago";
  }
  EXPECT_EQ(server_.requests(), 1U);

  KeySource::Pace eager;
  eager.missing = absl::ZeroDuration();
  server_.Serve(JwkSet({old_.Jwk()}));
  KeySource other("corp", Served(), eager);
  ASSERT_TRUE(WaitUntil([&] { return Has(other, "old"); }));
  server_.Serve(JwkSet({new_.Jwk()}));
  EXPECT_THAT(Message(other.LookForMore("new")), HasSubstr("are read again"));
  EXPECT_TRUE(WaitUntil([&] { return Has(other, "new"); }));
}

TEST_F(KeySourceTest, SaysThatAMissingKeyDoesNotExistOnceTheyWereReadSince) {
  KeySource::Pace pace;
  pace.missing = absl::Milliseconds(500);
  KeySource source("corp", Served(), pace);
  ASSERT_TRUE(WaitUntil([&] { return Has(source, "old"); }));
  EXPECT_TRUE(absl::IsUnavailable(source.LookForMore("none")));
  EXPECT_TRUE(WaitUntil([&] { return source.LookForMore("none").ok(); }));
  EXPECT_GE(server_.requests(), 2U);
}

TEST_F(KeySourceTest, TakesManyMissingKeysForMadeUp) {
  KeySource source("corp", Served(), {});
  ASSERT_TRUE(WaitUntil([&] { return Has(source, "old"); }));
  for (std::size_t i = 0; i < KeySource::kMaxAsked; ++i) {
    EXPECT_TRUE(absl::IsUnavailable(source.LookForMore(std::to_string(i))));
  }
  EXPECT_TRUE(source.LookForMore("one more").ok());
  EXPECT_EQ(server_.requests(), 1U);
}

TEST_F(KeySourceTest, KeepsTheLastGoodKeysForATimeWhenTheirServerIsGone) {
  oidc::KeyLocation location = Served();
  location.refresh = absl::Milliseconds(50);
  location.keep = absl::Seconds(2);
  KeySource::Pace pace;
  pace.retry = pace.missing = absl::Milliseconds(50);
  KeySource source("corp", location, pace);
  ASSERT_TRUE(WaitUntil([&] { return Has(source, "old"); }));
  server_.Stop();
  ASSERT_TRUE(WaitUntil([&] { return Message(source.LookForMore("k")).find("cannot read") != std::string::npos; }));
  EXPECT_TRUE(Has(source, "old"));
  EXPECT_TRUE(WaitUntil([&] { return !Has(source, "old"); }));
  EXPECT_TRUE(absl::IsUnavailable(source.Get().status()));
  EXPECT_THAT(Message(source.Get().status()), HasSubstr("cannot read the keys of issuer \"corp\" ("));
  server_.Start();
  EXPECT_TRUE(WaitUntil([&] { return Has(source, "old"); }));
}

TEST_F(KeySourceTest, RefusesAnAnswerThatIsTooLarge) {
  server_.Serve(std::string(300 << 10, ' ') + JwkSet({old_.Jwk()}));
  KeySource source("corp", Served(), {});
  EXPECT_TRUE(WaitUntil([&] {
    return Message(source.Get().status()).find("larger than 256 KiB") != std::string::npos;
  })) << source.Get().status();
}

}  // namespace
}  // namespace wsfleet::coordinator
