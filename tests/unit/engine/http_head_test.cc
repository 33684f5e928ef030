#include "agent/engine/http_head.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(HttpHead, IsReadWithStatusReasonAndFields) {
  const auto head = ParseHead("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nServer:x\r\n\r\nbody");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->status, 503u);
  EXPECT_EQ(head->reason, "Service Unavailable");
  ASSERT_NE(head->Find("retry-after"), nullptr);
  EXPECT_EQ(*head->Find("RETRY-AFTER"), "7");
  EXPECT_EQ(*head->Find("server"), "x");
  EXPECT_EQ(head->Find("absent"), nullptr);
}

TEST(HttpHead, IsNoneBeforeItIsComplete) {
  const std::string whole = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ParseHead(std::string_view(whole).substr(0, length)).has_value()) << length;
  }
  EXPECT_EQ(ParseHead(whole)->bytes, whole.size());
}

TEST(HttpHead, KeepsAllFieldsOfANameAndTheFirstLineThatIsNone) {
  const auto head = ParseHead("HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nB : 3\r\n folded\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->All("A").size(), 2u);
  EXPECT_EQ(head->wrong, "B : 3");
  EXPECT_THAT(ParseHead("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n")->wrong, IsEmpty());
}

TEST(HttpHead, HasNoValueWithANulOrACarriageReturn) {
  for (const char odd : {'\0', '\r'}) {
    const auto head = ParseHead("HTTP/1.1 101 S\r\nA: b" + std::string(1, odd) + "c\r\n\r\n");
    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->wrong, "A: b?c");
    EXPECT_THAT(CheckSwitch(*head, {}), HasSubstr("no header field"));
  }
}

TEST(HttpHead, NeedsNoReason) { EXPECT_EQ(ParseHead("HTTP/1.1 504\r\n\r\n")->status, 504u); }

TEST(HttpHead, IsNoneOfAnotherProtocol) {
  for (const char* raw : {"SSH-2.0-x\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n",
                          "HTTP/1.1 2000 X\r\n\r\n", "\r\n\r\n"}) {
    EXPECT_FALSE(ParseHead(raw).has_value()) << raw;
  }
}

TEST(Switch, MayNameOnlyWhatWasOffered) {
  const auto head = ParseHead("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: b\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_THAT(CheckSwitch(*head, {"a", "b"}), IsEmpty());
  EXPECT_THAT(CheckSwitch(*head, {"a"}), HasSubstr("b"));
}

}  // namespace
}  // namespace wsfleet::engine
