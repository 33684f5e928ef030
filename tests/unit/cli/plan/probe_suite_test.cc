#include "cli/plan/probe_suite.h"

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

std::string TextOf(const ProbeSuite& suite) { return suite.files.bundle.files.begin()->second; }

TEST(ProbeSuite, ConnectsToTheUrl) {
  const auto suite = MakeProbeSuite("wss://h:1/a?room=1&x=2");
  ASSERT_TRUE(suite.ok()) << suite.status();
  EXPECT_THAT(TextOf(*suite), HasSubstr("target: \"wss://h:1\""));
  EXPECT_THAT(TextOf(*suite), HasSubstr("{path: \"/a?room=1&x=2\"}"));
  EXPECT_THAT(suite->secrets, IsEmpty());
  EXPECT_THAT(TextOf(*MakeProbeSuite("ws://h?room=1")), HasSubstr("{path: \"/?room=1\"}"));
  EXPECT_THAT(TextOf(*MakeProbeSuite("ws://h")), HasSubstr("{path: \"/\"}"));
}

TEST(ProbeSuite, MakesSecretsOfWhatIsACredentialInTheUrl) {
  const auto suite = MakeProbeSuite("ws://h/a?token=SECRETQ123&x=2&sig=a%20b");
  ASSERT_TRUE(suite.ok()) << suite.status();
  EXPECT_THAT(TextOf(*suite), HasSubstr("/a?token=${secret.URL_CREDENTIAL_1}&x=2&sig=${secret.URL_CREDENTIAL_2}"));
  EXPECT_THAT(suite->secrets, ElementsAre(Pair("URL_CREDENTIAL_1", "SECRETQ123"), Pair("URL_CREDENTIAL_2", "a%20b")));
}

TEST(ProbeSuite, IsRefusedWithoutSayingTheCredentials) {
  for (const char* url : {"ws://user:SECRETQ123@h/a", "ws://SECRETQ123@h", "https://user:SECRETQ123@h/",
                          "h?token=SECRETQ123", "ws://h/a b?token=SECRETQ123", "ws://user:SECRETQ123@h/$"}) {
    const auto suite = MakeProbeSuite(url);
    ASSERT_FALSE(suite.ok()) << url;
    EXPECT_THAT(std::string(ToStd(suite.status().message())), Not(HasSubstr("SECRETQ123"))) << url;
  }
}

}  // namespace
}  // namespace wsfleet::cli
