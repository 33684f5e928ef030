#include "core/secret/host_list.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(HostList, AllowsTheHostsThatItNamesInAnySpellingOfNames) {
  const auto list = HostList::Parse({"Chat.example.com", "*.staging.example.com.", "203.0.113.7", "2001:db8::1"});
  ASSERT_TRUE(list.ok()) << list.status();
  for (const char* host : {"chat.example.com", "CHAT.example.COM.", "a.staging.example.com", "a.b.staging.example.com",
                           "203.0.113.7", "2001:db8::1"}) {
    EXPECT_TRUE(list->Allows(host)) << host;
  }
  for (const char* host :
       {"example.com", "xchat.example.com", "chat.example.com.evil.net", "staging.example.com",
        "evilstaging.example.com", ".staging.example.com", "203.0.113.70", "203.0.113.007", "0x7f.1", ""}) {
    EXPECT_FALSE(list->Allows(host)) << host;
  }
  EXPECT_THAT(list->patterns(), ElementsAre("chat.example.com", "*.staging.example.com", "203.0.113.7", "2001:db8::1"));
}

TEST(HostList, AllowsAnyHostIfItSaysSoOrNothing) {
  EXPECT_TRUE(HostList().Allows("anywhere"));
  const auto list = HostList::Parse({"a.example.com", "*"});
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->any());
  EXPECT_EQ(list->text(), "*");
}

TEST(HostList, RefusesWhatIsNoHost) {
  for (const char* pattern : {"", "https://a.example.com", "a b", "*example.com", "a.*.com", "**", ".example.com",
                              "a..b", "a/b", "[::1]", "*.", "*.203.0.113.7"}) {
    EXPECT_THAT(HostList::Parse({pattern}).status().message(), HasSubstr("expected a host such as")) << pattern;
  }
  EXPECT_FALSE(HostList::Parse({}).ok());
  EXPECT_FALSE(HostList::Parse(std::vector<std::string>(HostList::kMaxHosts + 1, "a")).ok());
}

}  // namespace
}  // namespace wsfleet
