#include "core/base/credential_text.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(CredentialText, KnowsPasswordsAndParametersOfUrls) {
  EXPECT_EQ(WithoutUrlCredentials("postgres://u:pw12345@db/x ws://h/a?token=abc&x=1#top"),
            "postgres://u:[redacted]@db/x ws://h/a?token=[redacted]&x=1#top");
  EXPECT_EQ(WithoutUrlCredentials("https://ghp_abc@host/ ws://u:p@ss@h"),
            "https://[redacted]@host/ ws://u:[redacted]@h");
  EXPECT_EQ(WithoutUrlCredentials("ws://h:80/@user mail a@b.c token=abc"), "ws://h:80/@user mail a@b.c token=abc");
}

TEST(CredentialText, KnowsMembersOfJsonWhereverTheyStand) {
  EXPECT_EQ(WithoutCredentials(R"(40{"token":"abc"})"), R"(40{"token":"[redacted]"})");
  EXPECT_EQ(WithoutCredentials(R"(42["auth",{"token" : "a\"b\\","n":1}])"),
            R"(42["auth",{"token" : "[redacted]","n":1}])");
  EXPECT_EQ(WithoutCredentials(R"({"payload":"{\"password\":\"a\\\"b\",\"n\":1}"})"),
            R"({"payload":"{\"password\":\"[redacted]\",\"n\":1}"})");
  EXPECT_EQ(WithoutCredentials(R"([{"name": "password", "value": "abc"},{"value":"abc","key":"csrf"}])"),
            R"([{"name": "password", "value": "[redacted]"},{"value":"[redacted]","key":"csrf"}])");
  EXPECT_EQ(WithoutCredentials(R"({"pin":1234,"auth":{"user":"u"},"token":null,"name":"a","value":"b"})"),
            R"({"pin":[redacted],"auth":{"user":"u"},"token":null,"name":"a","value":"b"})");
  EXPECT_EQ(WithoutCredentials(R"(42["a",{"tokens":["x]", "y"],"n":["z"]}])"),
            R"(42["a",{"tokens":[[redacted]],"n":["z"]}])");
  EXPECT_EQ(WithoutCredentials("{'sessionId': 'abc'}, {:token=>\"abc\"}"),
            "{'sessionId': '[redacted]'}, {:token=>\"[redacted]\"}");
}

TEST(CredentialText, KnowsFormsHeadersAndSchemes) {
  EXPECT_EQ(WithoutCredentials("password=abc&room=1"), "password=[redacted]&room=1");
  EXPECT_EQ(WithoutCredentials("password=/abc token=[abc secret={abc"),
            "password=[redacted] token=[redacted] secret=[redacted]");
  EXPECT_EQ(WithoutCredentials("password: /abc, token://host"), "password: [redacted], token://host");
  EXPECT_EQ(WithoutCredentials("code=abc&room=1"), "code=[redacted]&room=1");
  EXPECT_EQ(WithoutCredentials("room=1&sid=abc"), "room=1&sid=[redacted]");
  EXPECT_EQ(WithoutCredentials("code=5 was seen"), "code=5 was seen");
  EXPECT_EQ(WithoutCredentials("CONNECT\nlogin:bob\npasscode:two words\n\n"),
            "CONNECT\nlogin:bob\npasscode:[redacted]\n\n");
  EXPECT_EQ(WithoutCredentials("Cookie: sid=abc; a=b end"), "Cookie: [redacted] end");
  EXPECT_EQ(WithoutCredentials("Authorization: Basic abc, next"), "Authorization: [redacted], next");
  EXPECT_EQ(WithoutCredentials("Authorization: Digest username=\"a\", response=\"b\"\nHost: h"),
            "Authorization: [redacted]\nHost: h");
  EXPECT_EQ(WithoutCredentials("it got Bearer abc.def, then"), "it got Bearer [redacted], then");
  EXPECT_EQ(WithoutCredentials("wsfleet run a --var token=abc"), "wsfleet run a --var token=[redacted]");
}

TEST(CredentialText, KnowsCommandsThatBringOne) {
  EXPECT_EQ(WithoutCredentials("AUTH s3cr3t"), "AUTH [redacted]");
  EXPECT_EQ(WithoutCredentials("CAP REQ :tags\r\nPASS oauth:abc def\r\nNICK a"),
            "CAP REQ :tags\r\nPASS [redacted]\r\nNICK a");
  EXPECT_EQ(WithoutCredentials("AUTH bob s3cr3t\n"), "AUTH [redacted]\n");
}

TEST(CredentialText, LeavesWhatIsNoCredential) {
  for (const char* text :
       {"AUTH", "PASS\n", "SMTP AUTH failed", "Auth was asked for", "PASSED 3 of 4", "the token was expired",
        "Token::Parse failed", "tokens: [1]", "author=me", "a ? b : c", ""}) {
    EXPECT_EQ(WithoutCredentials(text), text);
  }
}

TEST(CredentialText, LooksAtEachByteAFewTimesOnly) {
  for (const char* piece : {"a=", "token:{", "a=\"", "a=\\\"", "://", "?", "token=\"", "a:'\"", "bearer "}) {
    std::string text;
    while (text.size() < 256 << 10) text += piece;
    const absl::Time start = absl::Now();
    WithoutCredentials(text);
    EXPECT_LT(absl::Now() - start, absl::Seconds(1)) << piece;
  }
}

}  // namespace
}  // namespace wsfleet
