#include "core/base/proxy_url.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(ProxyUrl, HasAKindAHostAPortAndMayHaveAUser) {
  const auto plain = ParseProxyUrl("http://proxy.test:3128/");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->kind, ProxyUrl::Kind::kHttpConnect);
  EXPECT_EQ(plain->host, "proxy.test");
  EXPECT_EQ(plain->port, 3128);
  EXPECT_EQ(plain->user, "");
  const auto socks = ParseProxyUrl("socks5://me:p@ss:word@[::1]:1080");
  ASSERT_TRUE(socks.ok());
  EXPECT_EQ(socks->kind, ProxyUrl::Kind::kSocks5);
  EXPECT_EQ(socks->host, "::1");
  EXPECT_EQ(socks->port, 1080);
  EXPECT_EQ(socks->user, "me");
  EXPECT_EQ(socks->password, "p@ss:word");
}

TEST(ProxyUrl, ThatIsNoneDoesNotComeBackInItsError) {
  for (const char* text :
       {"", "http://", "http://host", "http://host:0", "http://host:99999", "http://:1", "https://host:1",
        "http://[::1]", "http://a/b:80", "http://::1:80", "socks5://:hush@host:1", "http://me:hush@host"}) {
    const auto parsed = ParseProxyUrl(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().message().find("hush"), absl::string_view::npos) << text;
  }
}

}  // namespace
}  // namespace wsfleet
