#include "core/base/url.h"

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;

TEST(Url, IsReadWithItsSchemesOwnPort) {
  EXPECT_EQ(ParseUrl("ws://host/chat")->port, 80);
  EXPECT_EQ(ParseUrl("wss://host")->port, 443);
  EXPECT_EQ(ParseUrl("wss://host")->target, "/");
  EXPECT_TRUE(ParseUrl("https://host")->tls);
  EXPECT_EQ(ParseUrl("ws://host:8080/a?b=c")->target, "/a?b=c");
  EXPECT_EQ(ParseUrl("ws://[::1]:8080/")->host, "::1");
}

TEST(Url, NamesThePortInTheHostHeaderOnlyIfItIsNotTheSchemesOwn) {
  EXPECT_EQ(ParseUrl("ws://host/")->HostHeader(), "host");
  EXPECT_EQ(ParseUrl("ws://host:81/")->HostHeader(), "host:81");
  EXPECT_EQ(ParseUrl("wss://[::1]:444/")->HostHeader(), "[::1]:444");
}

TEST(Url, IsRefusedWhenItIsNone) {
  for (const char* text :
       {"", "host", "ftp://host/", "ws://", "ws://host:0/", "ws://host:70000/", "ws://host:x/", "ws://user:word@host/",
        "ws://ho st/", "ws://host/a b", "ws://[::1/", "ws://host/\r\nX: y"}) {
    EXPECT_FALSE(ParseUrl(text).ok()) << text;
  }
}

TEST(Url, IsRefusedWithoutItsPassword) {
  const absl::Status status = ParseUrl("ws://user:s3cr3t@host/a?token=s3cr3t").status();
  EXPECT_EQ(ToStd(status.message()).find("s3cr3t"), std::string_view::npos) << status;
}

TEST(Url, TakesAPathOrAWholeUrlAgainstABase) {
  const Url base = *ParseUrl("wss://host:9443/base?x=1");
  EXPECT_EQ(ResolveUrl(base, "/chat")->target, "/chat");
  EXPECT_EQ(ResolveUrl(base, "/chat")->port, 9443);
  EXPECT_TRUE(ResolveUrl(base, "/chat")->tls);
  EXPECT_EQ(ResolveUrl(base, "ws://other/")->host, "other");
  EXPECT_FALSE(ResolveUrl(base, "/a b").ok());
}

TEST(Url, EscapesParametersThatAreAdded) {
  Url url = *ParseUrl("ws://host/chat");
  AddQuery(url, "room", "a b&c=d");
  AddQuery(url, "token", "x/y+z");
  EXPECT_EQ(url.target, "/chat?room=a%20b%26c%3Dd&token=x%2Fy%2Bz");
}

TEST(Url, IsPercentEncodedBeyondAscii) {
  EXPECT_EQ(ParseUrl("ws://h/ü?a=é%20")->target, "/%C3%BC?a=%C3%A9%20");
  EXPECT_EQ(ResolveUrl(*ParseUrl("ws://h"), "x/☃")->target, "/x/%E2%98%83");
}

TEST(Url, LosesAllParametersOfAName) {
  const auto without = [](const std::string& target, const std::string& name) {
    Url url = *ParseUrl("ws://host" + target);
    RemoveQuery(url, name);
    return url.target;
  };
  EXPECT_EQ(without("/chat?a=1&b=2&a=3&ab", "a"), "/chat?b=2&ab");
  EXPECT_EQ(without("/chat?a=1", "a"), "/chat");
  EXPECT_EQ(without("/chat?%61=1&a%20b=2&a+b&%zz=%&b", "a b"), "/chat?%61=1&%zz=%&b");
  EXPECT_EQ(without("/chat?%61=1", "a"), "/chat");
  EXPECT_EQ(without("/chat", "a"), "/chat");
}

TEST(Url, OfOneTargetHasOneOrigin) {
  EXPECT_EQ(ParseUrl("wss://host/a")->Origin(), ParseUrl("wss://host:443/b")->Origin());
  EXPECT_NE(ParseUrl("wss://host/a")->Origin(), ParseUrl("ws://host/a")->Origin());
}

}  // namespace
}  // namespace wsfleet
