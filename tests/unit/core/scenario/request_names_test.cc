#include "core/scenario/request_names.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

namespace wsfleet {
namespace {

constexpr char kOpened[] = "      - connect: {path: /ws}\n";

// What is said about a suite with this step behind a connect, in line 8.
std::string ErrorsOf(const std::string& step, const std::string& top = "") {
  return Errors(TextBundle(SuiteText(std::string(kOpened) + "      - " + step + "\n      - ping: {}\n",
                                     "target: ws://127.0.0.1:1\n" + top)));
}

TEST(HeaderName, IsAToken) {
  EXPECT_TRUE(IsToken("X-Request-Id"));
  for (const char* wrong : {"", "Bad Name", "a:b", "é", "a\n"}) EXPECT_FALSE(IsToken(wrong)) << wrong;
  EXPECT_EQ(ErrorsOf("http: {get: /, headers: {\"Bad Name\": x}}"),
            "8:35 headers: expected the name of a header (letters, digits and -), found \"Bad Name\"\n");
}

TEST(HeaderName, IsRefusedWhereTheHandshakeSetsTheField) {
  for (const char* name : {"Sec-WebSocket-Key", "sec-websocket-version", "Connection", "Upgrade", "Content-Length",
                           "Transfer-Encoding", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"}) {
    EXPECT_NE(ProblemOfHeader(name, RequestKind::kUpgrade), "") << name;
  }
  EXPECT_EQ(ProblemOfHeader("Host", RequestKind::kUpgrade), "");
  EXPECT_EQ(ProblemOfHeader("Connection", RequestKind::kHttp), "");
  EXPECT_NE(ProblemOfHeader("content-length", RequestKind::kHttp), "");
  EXPECT_EQ(ErrorsOf("connect: {path: /, as: b, headers: {Sec-WebSocket-Key: abc}}"),
            "8:45 headers: Sec-WebSocket-Key is not set here: the handshake sets it\n");
  EXPECT_EQ(ErrorsOf("reconnect: {headers: {Content-Length: \"5\"}}").substr(0, 5), "8:31 ");
  EXPECT_EQ(ErrorsOf("ping: {}", "targets: {t: {url: ws://h, headers: {Upgrade: x}}}\n"),
            "4:38 headers: Upgrade is not set here: the handshake sets it\n");
  EXPECT_EQ(ErrorsOf("ping: {}", "auth: {a: {token: \"${secret.T}\", in: header, param: Connection}}\n"),
            "4:53 param: Connection is not set here: the handshake sets it\n");
}

TEST(Subprotocol, IsANameAndStandsThereOnce) {
  EXPECT_EQ(ErrorsOf("connect: {path: /, as: b, subprotocols: [\"\"]}"),
            "8:51 subprotocols: expected a name without blanks and commas, found \"\"\n");
  const std::string number = ErrorsOf("connect: {path: /, as: b, subprotocols: [3]}");
  EXPECT_EQ(std::ranges::count(number, '\n'), 1) << number;
  EXPECT_EQ(ErrorsOf("connect: {path: /, as: b, subprotocols: [a, b, a]}"),
            "8:56 subprotocols: \"a\" stands here twice\n");
  EXPECT_EQ(ErrorsOf("connect: {path: /, as: b, subprotocols: [a, \"${region}\"]}"), "");
}

}  // namespace
}  // namespace wsfleet
