#include "core/verdict/redactor.h"

#include "absl/strings/escaping.h"
#include "boost/json/serialize.hpp"
#include "core/base/text.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Redactor, TakesEverySecretOut) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  EXPECT_THAT(redactor.Apply("a s3cr3t-value and s3cr3t-value again"), Not(HasSubstr("s3cr3t")));
  EXPECT_EQ(redactor.Apply("nothing to hide"), "nothing to hide");
}

TEST(Redactor, LeavesShortValuesAlone) {
  Redactor redactor({});
  redactor.AddSecret("a");
  EXPECT_EQ(redactor.Apply("a banana"), "a banana");
}

TEST(Redactor, TakesOutWhatTheSuitesExpressionsMatch) {
  const Redactor redactor({"card=[0-9]+"});
  EXPECT_THAT(redactor.Apply("card=4111111111111111 ok"), Not(HasSubstr("4111")));
}

TEST(Redactor, HidesHeadersThatCarryCredentialsWhateverTheyHold) {
  const Redactor redactor({});
  for (const char* name : {"Authorization", "cookie", "Set-Cookie", "Proxy-Authorization", "X-Api-Key"}) {
    EXPECT_THAT(redactor.Apply(HeaderField{name, "anything at all"}).value, Not(HasSubstr("anything"))) << name;
  }
  EXPECT_EQ(redactor.Apply(HeaderField{"Server", "nginx"}).value, "nginx");
}

TEST(Redactor, GoesThroughAllTextOfAFailure) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  Failure failure;
  failure.message = "m s3cr3t-value";
  failure.notes.push_back({"nearest", "n s3cr3t-value"});
  failure.evidence.body_excerpt = "b s3cr3t-value";
  failure.evidence.close_reason = "c s3cr3t-value";
  failure.evidence.headers.push_back({"X-Echo", "h s3cr3t-value"});
  failure.evidence.transcript.push_back({absl::ZeroDuration(), true, "text", 14, "t s3cr3t-value"});
  redactor.Apply(failure);
  for (const std::string& text :
       {failure.message, failure.notes[0].text, failure.evidence.body_excerpt, failure.evidence.close_reason,
        failure.evidence.headers[0].value, failure.evidence.transcript[0].excerpt}) {
    EXPECT_THAT(text, Not(HasSubstr("s3cr3t"))) << text;
  }
}

TEST(Redactor, GoesThroughTheFailuresOfEarlierTries) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  CaseResult result;
  result.earlier_failures.resize(2);
  result.earlier_failures[1].message = "refused s3cr3t-value";
  redactor.Apply(result);
  EXPECT_THAT(result.earlier_failures[1].message, Not(HasSubstr("s3cr3t")));
}

TEST(Redactor, KnowsASecretThatIsCutOrCameInLines) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  redactor.AddSecret("-----BEGIN KEY-----\nMIIabcdef\n-----END KEY-----\n");
  LogExcerpt log;
  log.lines = {std::string(LogExcerpt::kMaxLineBytes - 6, 'x') + "s3cr3t-value", "key MIIabcdef"};
  redactor.Apply(log);
  EXPECT_THAT(log.lines[0], Not(HasSubstr("s3cr")));
  EXPECT_EQ(log.lines[1], "key [redacted]");
}

// Whoever shows bytes makes them printable first: what stands around a secret decides what becomes of it.
TEST(Redactor, KnowsASecretThatIsNotAsciiWhateverStandsAroundIt) {
  const std::string secret = "pässwörd-CaNaRy";
  Redactor redactor({});
  redactor.AddSecret(secret);
  EXPECT_EQ(redactor.Apply(Printable("Bearer " + secret + "\xff\x01 end")), "Bearer [redacted]?? end");
  EXPECT_EQ(redactor.Apply(Printable(Excerpt("\xff Bearer " + secret + secret, 19))), "? Bearer [redacted]???");
  EXPECT_EQ(redactor.Apply("Bearer p?ssw?rd-CaNaRy"), "Bearer [redacted]");
  EXPECT_EQ(redactor.Apply("Bearer pÃ¤sswÃ¶rd-CaNaRy"), "Bearer [redacted]");
  EXPECT_EQ(redactor.Apply(R"({"a":"p\u00c3\u00a4ssw\u00c3\u00b6rd-CaNaRy"})"), R"({"a":"[redacted]"})");
}

TEST(Redactor, LeavesQuestionMarksAlone) {
  Redactor redactor({});
  redactor.AddSecret("密码密码");
  EXPECT_EQ(redactor.Apply("what????????????"), "what????????????");
}

TEST(Redactor, TakesWhatLooksLikeACredentialOutOfForeignLogs) {
  Redactor redactor({"order-[0-9]+"});
  redactor.AddSecret("s3cr3t-value");
  LogExcerpt log;
  log.lines = {"GET /ws?token=abc123&x=1 500",       "header eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln end",
               "authorization: Bearer abcdef, next", "{\"api_key\": \"k-1\", \"n\": 1}",
               "it was s3cr3t-value of order-17",    "the token was expired",
               "to postgres://u:pw12345@db/x",       "Cookie: sid=qwerty123; a=b in 3 ms"};
  redactor.Apply(log);
  EXPECT_EQ(log.lines, (std::vector<std::string>{
                           "GET /ws?token=[redacted]&x=1 500",
                           R"(header jwt{"alg":"HS256"}.{"sub":"a"}.[redacted] end)", "authorization: [redacted], next",
                           "{\"api_key\": \"[redacted]\", \"n\": 1}", "it was [redacted] of [redacted]",
                           "the token was expired", "to postgres://u:[redacted]@db/x", "Cookie: [redacted] in 3 ms"}));
}

TEST(Redactor, HidesParametersThatAreCredentialsByTheirName) {
  const Redactor redactor({});
  EXPECT_EQ(redactor.Apply("GET /ws?room=7&access_token=a%20b+c&x=1 HTTP/1.1"),
            "GET /ws?room=7&access_token=[redacted]&x=1 HTTP/1.1");
  EXPECT_EQ(redactor.Apply("location: https://h/cb?code=abc#top, <a href=\"/x?a=1&amp;sig=abc\">"),
            "location: https://h/cb?code=[redacted]#top, <a href=\"/x?a=1&amp;sig=[redacted]\">");
  EXPECT_EQ(redactor.Apply("is it? token=x, and a&b, ?token= ?room=7"), "is it? token=x, and a&b, ?token= ?room=7");
  EXPECT_EQ(redactor.Apply("GET /ws?token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"),
            R"(GET /ws?token=jwt{"alg":"HS256"}.{"sub":"a"}.[redacted])");
}

TEST(Redactor, ShowsATokenOfItsOwnAsClaimsWithoutTheSecretsInThem) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  const std::string claims = absl::WebSafeBase64Escape(R"({"sub":"a","note":"s3cr3t-value"})");
  const std::string token = fmt::format("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl", claims);
  redactor.AddToken(token);
  EXPECT_EQ(redactor.Apply(token), R"(jwt{"alg":"HS256"}.{"sub":"a","note":"[redacted]"}.[redacted])");
  EXPECT_EQ(redactor.Apply("only c2lnbmF0dXJl"), "only [redacted]");
  EXPECT_EQ(redactor.Apply(absl::Base64Escape(token)), "[redacted]");
}

TEST(Redactor, GoesThroughAllTextOfAResult) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  CaseResult result;
  result.skip_detail = "a s3cr3t-value";
  result.revision = "b s3cr3t-value";
  result.warnings = {"c s3cr3t-value"};
  result.failure.emplace().message = "d s3cr3t-value";
  redactor.Apply(result);
  for (const std::string& text : {result.skip_detail, result.revision, result.warnings[0], result.failure->message}) {
    EXPECT_THAT(text, Not(HasSubstr("s3cr3t"))) << text;
  }
}

TEST(Redactor, KnowsASecretInAUrlInBase64AndInJson) {
  Redactor redactor({});
  redactor.AddSecret("CANARY+a/b==");
  redactor.AddSecret("quo\"te\\d");
  EXPECT_EQ(redactor.Apply("GET /ws?t=CANARY%2Ba%2Fb%3D%3D"), "GET /ws?t=[redacted]");
  EXPECT_EQ(redactor.Apply("token=CANARY%2ba%2fb%3d%3d"), "token=[redacted]");
  EXPECT_EQ(redactor.Apply("Q0FOQVJZK2EvYj09"), "[redacted]");
  EXPECT_EQ(redactor.Apply(R"({"p":"quo\"te\\d"})"), R"({"p":"[redacted]"})");
}

TEST(Redactor, KnowsASecretInHexadecimalAndWithinOtherTextInBase64) {
  Redactor redactor({});
  redactor.AddSecret("CANARY+a/b==");
  EXPECT_EQ(redactor.Apply("43414e4152592b612f623d3d 43414E4152592B612F623D3D"), "[redacted] [redacted]");
  for (const char* user : {"", "u", "us", "use", "user"}) {
    const std::string basic = absl::Base64Escape(fmt::format("{}CANARY+a/b==", user));
    EXPECT_THAT(redactor.Apply("authorization is Basic " + basic), HasSubstr("[redacted]")) << basic;
  }
}

TEST(Redactor, KnowsAShortSecretWithinOtherTextInBase64AndNoOtherBase64) {
  for (const std::string secret : {"pw12", "pw123", "pw1234"}) {
    Redactor redactor({});
    redactor.AddSecret(secret);
    for (const char* user : {"", "a", "us", "use", "user"}) {
      const std::string basic = absl::Base64Escape(fmt::format("{}:{}", user, secret));
      EXPECT_THAT(redactor.Apply("Basic " + basic), HasSubstr("[redacted]")) << secret << ", " << user;
    }
    const std::string others =
        absl::Base64Escape("GET /orders?page=12&password=pw99 and the user is called pw of page 123");
    EXPECT_EQ(redactor.Apply(others), others);
    EXPECT_EQ(redactor.Apply("A password is what one knows; see page 1234."),
              "A password is what one knows; see page 1234.");
  }
}

TEST(Redactor, KnowsASecretOfAUrlThatIsGivenBackInAnotherEncoding) {
  Redactor redactor({});
  redactor.AddSecret("CANARY+a/b==\"");
  for (const char* request : {"GET /?q=CANARY%2Ba%2Fb%3D%3D%22 HTTP/1.1", R"({"q":"CANARY+a/b==\""})"}) {
    for (const std::string& seen : {absl::Base64Escape(request), absl::BytesToHexString(request)}) {
      EXPECT_THAT(redactor.Apply(seen), HasSubstr("[redacted]")) << seen;
    }
  }
}

TEST(Redactor, KnowsLettersThatAreEscapedWithoutNeed) {
  Redactor redactor({});
  redactor.AddSecret("CANARY47");
  EXPECT_EQ(redactor.Apply("%43%41%4e%41%52%59%34%37 %43%41%4E%41%52%59%34%37"), "[redacted] [redacted]");
  EXPECT_EQ(redactor.Apply(R"(\u0043\u0041\u004e\u0041\u0052\u0059\u0034\u0037)"), "[redacted]");
  EXPECT_EQ(redactor.Apply(R"(\u0043\u0041\u004e\u0041\u00…)"), "[redacted]…");
}

TEST(Redactor, KnowsASecretInEscapesOfOthers) {
  Redactor redactor({});
  redactor.AddSecret("pä\"s <w>&😀");
  for (const char* seen : {
           R"({"echo": "p\u00e4\"s <w>&\ud83d\ude00"})",  // Python's json.dumps
           R"({"echo": "p\u00E4\u0022s \u003Cw\u003E\u0026\uD83D\uDE00"})",
           R"({"inner": "{\"echo\": \"p\\u00e4\\\"s <w>&\\ud83d\\ude00\"}"})",  // JSON in a string of JSON
           "p&#228;&quot;s &lt;w&gt;&amp;&#x1F600;",
           "pä&quot;s &lt;w&gt;&amp;😀",
           "p%C3%A4%22s+%3Cw%3E%26%F0%9F%98%80",
           "p%25C3%25A4%2522s%2520%253Cw%253E%2526%25F0%259F%2598%2580",
           R"(b'p\xc3\xa4"s <w>&\xf0\x9f\x98\x80')",
       }) {
    EXPECT_THAT(redactor.Apply(seen), HasSubstr("[redacted]")) << seen;
  }
  EXPECT_EQ(redactor.Apply("pä's <w>&😀"), "pä's <w>&😀");
}

// Excerpts are made where nobody knows the secrets.
TEST(Redactor, DoesNotLeaveTheBeginOfASecretWhereAnExcerptWasCut) {
  Redactor redactor({});
  redactor.AddSecret("CANARYabcdefghijklmnop");
  EXPECT_EQ(redactor.Apply("found \"p\":\"CANARYabcdefghi… (a string)"), "found \"p\":\"[redacted]… (a string)");
  EXPECT_EQ(redactor.Apply("CANARYabc… and CANA…"), "[redacted]… and [redacted]…");
  EXPECT_EQ(redactor.Apply("a harmless end…"), "a harmless end…");
  EXPECT_EQ(redactor.Apply("refused: CANARYabcdef"), "refused: [redacted]") << "cut by the target";
  EXPECT_EQ(redactor.Apply("closed with 4000 \"CANARYabcdef\""), "closed with 4000 \"[redacted]\"");
  EXPECT_EQ(redactor.Apply("CANARYabcdef is another"), "CANARYabcdef is another");
  EXPECT_EQ(redactor.Apply("refused: CANARY"), "refused: CANARY") << "too little to be sure";
}

TEST(Redactor, HidesTheInsideOfASecretThatIsAUrl) {
  Redactor redactor({});
  redactor.AddSecret("https://bob:pw12@hooks.example/services/T0AAA/XyZtail?room=CANARYroom&x=1#top");
  EXPECT_EQ(redactor.Apply("POST /services/T0AAA/XyZtail?room=CANARYroom&x=1 (hooks.example)"),
            "POST [redacted] (hooks.example)");
  EXPECT_EQ(redactor.Apply("no such path: /services/T0AAA/XyZtail"), "no such path: [redacted]");
  EXPECT_EQ(redactor.Apply("room CANARYroom is full, pw12 is wrong"), "room [redacted] is full, [redacted] is wrong");
  EXPECT_EQ(redactor.Apply("x=1 at hooks.example"), "x=1 at hooks.example");
}

TEST(Redactor, HidesTheMembersOfASecretThatIsJson) {
  Redactor redactor({});
  redactor.AddSecret(
      R"({"type": "service", "password": "pw12", "keys": ["CANARY-a-long-value", "short"], "n": 12345678})");
  EXPECT_EQ(redactor.Apply("pw12 and CANARY-a-long-value of a service, short of 12345678"),
            "[redacted] and [redacted] of a service, short of 12345678");
}

TEST(Redactor, HidesNumbersOfASecretThatIsJson) {
  Redactor redactor({});
  redactor.AddSecret(R"({"pin":918273645546,"api_key":776655443322,"max_tokens":4096})");
  EXPECT_EQ(redactor.Apply("pin 918273645546, key %37%37%36655443322, 4096 tokens"),
            "pin [redacted], key [redacted], 4096 tokens");
}

// A member that is found first must not leave the others.
TEST(Redactor, HidesTheWholeOfASecretWhoseMembersAreKnownToo) {
  Redactor redactor({});
  redactor.AddSecret(R"({"user":"alice-svc","password":"hunter2-Zq"})");
  for (const char* seen :
       {"%257B%2522user%2522%253A%2522alice-svc%2522%252C%2522password%2522%253A%2522hunter2-Zq%2522%257D",
        R"({\"user\":\"alice-svc\",\"password\":\"hunter2-Zq\"})",
        "{&quot;user&quot;:&quot;alice-svc&quot;,&quot;password&quot;:&quot;hunter2-Zq&quot;}"}) {
    EXPECT_EQ(redactor.Apply(seen), "[redacted]");
  }
  EXPECT_EQ(redactor.Apply("alice-svc has hunter2-Zq"), "alice-svc has [redacted]");
}

TEST(Redactor, KnowsATokenWithoutSpecialCharactersInEscapes) {
  Redactor redactor({});
  redactor.AddSecret("hunter2-Zq");
  EXPECT_EQ(redactor.Apply("<p>&#104;&#117;&#110;&#116;&#101;&#114;&#50;&#45;&#90;&#113;</p>"), "<p>[redacted]</p>");
  EXPECT_EQ(redactor.Apply(R"({\\"p\\":\\"\\u0068\\u0075\\u006e\\u0074\\u0065\\u0072\\u0032\\u002d\\u005a\\u0071\\"})"),
            R"({\\"p\\":\\"[redacted]\\"})");
  EXPECT_EQ(redactor.Apply("%68unter2%2dZq"), "[redacted]");
}

TEST(Redactor, KnowsASecretThatEndsAsAnEscapeBegins) {
  for (const std::string secret : {"p/ss\\", "p/ss%", "p/ss&", "p/ss%4", "\\u00", "C:\\new\\x"}) {
    Redactor redactor({});
    redactor.AddSecret(secret);
    const std::string json = boost::json::serialize(boost::json::string(secret));
    EXPECT_EQ(redactor.Apply("{\"p\":" + json + "}").find(secret.substr(0, 4)), std::string::npos) << secret;
    EXPECT_EQ(redactor.Apply("(" + secret + ")"), "([redacted])") << secret;
  }
}

// Such as the line ends of the key in the file of a service account, with a + of base64 beside them.
TEST(Redactor, KnowsASecretThatHoldsEscapesItself) {
  for (const std::string secret :
       {R"({"k":"BEGIN\nMIIab+cd/ef\n"})", "curl -u \"a+b\" \\\n https://host", R"(a&amp;b+c/\\d)"}) {
    Redactor redactor({});
    redactor.AddSecret(secret);
    std::string in_url, twice;
    for (const unsigned char c : secret) in_url += fmt::format("%{:02X}", c);
    for (const char c : in_url) twice += c == '%' ? "%25" : std::string(1, c);
    const std::string json = boost::json::serialize(boost::json::string(secret));
    for (const std::string& seen : {in_url, twice, absl::Base64Escape(in_url), absl::BytesToHexString(in_url)}) {
      EXPECT_EQ(redactor.Apply("(" + seen + ")"), "([redacted])") << secret;
    }
    EXPECT_EQ(redactor.Apply(json.substr(1, json.size() - 2)).find("b"), std::string::npos) << secret;
  }
}

TEST(Redactor, HidesSegmentsOfAUrlThatLookLikeCredentials) {
  Redactor redactor({});
  redactor.AddSecret("wss://hooks.example/ws/Zx9y8w7v/main/v1/production");
  EXPECT_EQ(redactor.Apply("no such hook: Zx9y8w7v"), "no such hook: [redacted]");
  EXPECT_EQ(redactor.Apply("main, true, v1, production, /ws/"), "main, true, v1, production, /ws/");
}

TEST(Redactor, LearnsNothingFromItsCopies) {
  Redactor shard({});
  shard.AddSecret("s3cr3t-value");
  Redactor session = shard;
  session.AddToken("minted-token");
  EXPECT_EQ(session.Apply("s3cr3t-value minted-token"), "[redacted] [redacted]");
  EXPECT_EQ(shard.Apply("s3cr3t-value minted-token"), "[redacted] minted-token");
}

TEST(Redactor, LeavesTheWordsThatASecretUrlIsMadeOf) {
  Redactor redactor({});
  redactor.AddSecret("ws://host.example/live?json=true&v=2024&room=main&sig=abcde&flagged");
  const std::string words = "{\"ok\": true, \"year\": 2024, \"room\": \"main\", \"path\": \"/live\"}";
  EXPECT_EQ(redactor.Apply(words), words);
  EXPECT_EQ(redactor.Apply("/live?json=true&v=2024&room=main&sig=abcde&flagged"), "[redacted]");
  EXPECT_EQ(redactor.Apply("bad signature abcde"), "bad signature [redacted]");
}

}  // namespace
}  // namespace wsfleet
