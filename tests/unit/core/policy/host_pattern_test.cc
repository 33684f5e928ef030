#include "core/policy/host_pattern.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(TargetHost, IsOneThatEveryProgramReadsInTheSameWay) {
  for (const char* host : {"0x7f.1", "0177.0.0.1", "2130706433", "127.1", "0x7f000001", "127.0.0.1.", "017700000001",
                           "1.2.3.4.5", "example.0x1f", "example.7", "0x", "fe80::1%eth0", "256.1.1.1", "0X7F.1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadTargetHost(host).status())) << host;
  }
  EXPECT_EQ(ReadTargetHost("Chat.Example.COM.")->name, "chat.example.com");
  EXPECT_EQ(ReadTargetHost("3com.example")->name, "3com.example");
  EXPECT_EQ(ReadTargetHost("::FFFF:10.0.0.1")->name, "10.0.0.1");
}

TEST(HostPattern, IsANameTheNamesBelowOneOrAnAddress) {
  for (const char* pattern : {"Chat.example.COM.", "*.example.com", "10.0.0.1", "::1"}) {
    EXPECT_TRUE(ReadHostPattern(pattern).ok()) << pattern;
  }
  for (const char* pattern : {"", "*", "*.", "a.*.com", "*a.com", "a..b", ".a", "a:443", "wss://a", "[::1]",
                              "*.10.0.0.1", "0x7f.1", "*.7", "fe80::1%eth0"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadHostPattern(pattern).status())) << pattern;
  }
  EXPECT_EQ(*ReadHostPattern("Chat.example.COM."), "chat.example.com");
}

TEST(HostPattern, MatchesInAnySpellingAndNoLongerName) {
  const auto matches = [](std::string_view pattern, std::string_view host) {
    return MatchesHost(*ReadHostPattern(pattern), *ReadTargetHost(host));
  };
  EXPECT_TRUE(matches("chat.example.com", "CHAT.example.com."));
  EXPECT_TRUE(matches("*.example.com", "a.b.example.com"));
  EXPECT_TRUE(matches("::ffff:10.0.0.1", "10.0.0.1"));
  EXPECT_FALSE(matches("*.example.com", "example.com"));
  EXPECT_FALSE(matches("*.example.com", "evilexample.com"));
  EXPECT_FALSE(matches("chat.example.com", "chat.example.com.evil.net"));
}

}  // namespace
}  // namespace wsfleet
