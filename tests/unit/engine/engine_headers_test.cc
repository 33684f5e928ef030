#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// The fields of our requests: each once, the author's own over ours, a step's credential over both.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kGood[] = "good-token", kBad[] = "bad-token";

// The head of the only request of a step that is answered with 200. `more` is about the suite; its target is "t", which
// has `headers`.
std::string HeadOf(const std::string& step, const std::string& more = "", const std::string& headers = "{}") {
  std::string head;
  {
    ScriptedServer server([&](ScriptedPeer& peer) {
      head = peer.ReadHead();
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    const std::string targets = "targets: {t: {url: \"" + server.url() + "\", headers: " + headers + "}}\n";
    SuiteRun::Options options;
    options.secrets = {{"GOOD", kGood}, {"BAD", kBad}};
    EXPECT_EQ(SuiteRun(OneScenario("t", {step}, targets + more), options).Result().outcome, Outcome::kPassed);
  }
  return head;
}

// The same for each kind of step.
std::vector<std::string> HeadsOf(const std::string& keys, const std::string& more, const std::string& headers = "{}") {
  return {HeadOf("- connect: {path: /, " + keys + ", refused: {status: 200}}", more, headers),
          HeadOf("- http: {get: /, " + keys + ", expect: {status: 200}}", more, headers)};
}

std::string Auth(const std::string& place = "") {
  return "auth:\n  good: {token: \"${secret.GOOD}\"" + place + "}\n  bad: {token: \"${secret.BAD}\"" + place + "}\n";
}

TEST(Headers, OfACookieCredentialGoAfterTheAuthorsOwnInOneLine) {
  for (const std::string& head : HeadsOf("auth: bad, headers: {cookie: a=1}", Auth(", in: cookie, param: session"))) {
    EXPECT_THAT(head, AllOf(HasSubstr("cookie: a=1; session=bad-token\r\n"), Not(HasSubstr("Cookie: "))));
  }
}

TEST(Headers, OfTheAuthorsOwnTraceNameTheTraceThatIsReported) {
  const std::string own = "4bf92f3577b34da6a3ce929d0e0e4736";
  for (const auto& [sent, shown] :
       {std::pair<std::string, bool>{"00-" + own + "-00f067aa0ba902b7-01", true}, {own, false}}) {
    ScriptedServer server([](ScriptedPeer& peer) {
      peer.ReadHead();
      peer.Send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    });
    SuiteRun run(
        OneScenario(server.url(), {"- connect: {path: /, headers: {traceparent: " + sent + "}}", "- ping: {}"}));
    ASSERT_TRUE(run.Result().failure);
    EXPECT_EQ(run.Result().failure->evidence.trace_id == own, shown) << run.Result().failure->evidence.trace_id;
  }
}

TEST(Headers, OfOursYieldToTheAuthorsOwn) {
  for (const std::string& head :
       HeadsOf("headers: {user-agent: mine, TraceParent: own, host: virtual.test}", "vars: {}\n")) {
    EXPECT_THAT(head, AllOf(HasSubstr("user-agent: mine\r\n"), Not(HasSubstr("User-Agent: "))));
    EXPECT_THAT(head, AllOf(HasSubstr("TraceParent: own\r\n"), Not(HasSubstr("traceparent: "))));
    EXPECT_THAT(head, AllOf(HasSubstr("host: virtual.test\r\n"), Not(HasSubstr("Host: "))));
  }
  const std::string step = "- http: {post: /, json: {a: 1}, headers: {content-type: application/merge-patch+json}, ";
  EXPECT_THAT(HeadOf(step + "expect: {status: 200}}"),
              AllOf(HasSubstr("content-type: application/merge-patch+json\r\n"), Not(HasSubstr("Content-Type: "))));
}

TEST(Headers, AreOursWhereTheAuthorSaysNothing) {
  EXPECT_THAT(HeadOf("- http: {post: /, auth: good, json: {a: 1}, expect: {status: 200}}", Auth()),
              AllOf(HasSubstr("Authorization: Bearer good-token\r\n"), HasSubstr("User-Agent: wsfleet\r\n"),
                    HasSubstr("Content-Type: application/json\r\n"), HasSubstr("traceparent: 00-")));
}

TEST(Headers, OfATargetOrOfTheAuthorNeverStandBesideTheCredentialOfAStep) {
  const std::string good = "{authorization: \"Bearer ${secret.GOOD}\"}";
  for (const std::string& head : HeadsOf("auth: bad", Auth(), good)) {
    EXPECT_THAT(head, AllOf(HasSubstr("Authorization: Bearer bad-token\r\n"), Not(HasSubstr(kGood))));
  }
  for (const std::string& head : HeadsOf("auth: bad, headers: " + good, Auth())) {
    EXPECT_THAT(head, AllOf(HasSubstr("Authorization: Bearer bad-token\r\n"), Not(HasSubstr(kGood))));
  }
  const std::string cookies = "{Cookie: \"session=${secret.GOOD}; a=1\"}";
  for (const std::string& head : HeadsOf("auth: bad", Auth(", in: cookie, param: session"), cookies)) {
    EXPECT_THAT(head, AllOf(HasSubstr("Cookie: a=1; session=bad-token\r\n"), Not(HasSubstr(kGood))));
  }
  EXPECT_THAT(HeadOf("- connect: {path: \"/?%74oken=1&x=2\", query: {token: \"${secret.GOOD}\"}, auth: bad, "
                     "refused: {status: 200}}",
                     Auth(", in: query")),
              AllOf(HasSubstr("GET /?x=2&token=bad-token "), Not(HasSubstr(kGood))));
}

TEST(Headers, OfATargetThatAreCredentialsAreNotSentWithNone) {
  for (const std::string& head : HeadsOf("auth: none", Auth(), "{authorization: \"${secret.GOOD}\", X-Zone: a}")) {
    EXPECT_THAT(head, AllOf(HasSubstr("X-Zone: a\r\n"), Not(HasSubstr(kGood))));
  }
  for (const std::string& head : HeadsOf("auth: none", Auth(", in: cookie"), "{cookie: \"token=${secret.GOOD}\"}")) {
    EXPECT_THAT(head, AllOf(Not(HasSubstr("ookie")), Not(HasSubstr(kGood))));
  }
  // The step's own are what it tests; and what no credential is may be for a gateway before the target.
  for (const std::string& head : HeadsOf("auth: none, headers: {authorization: garbage}", Auth())) {
    EXPECT_THAT(head, HasSubstr("authorization: garbage\r\n"));
  }
  for (const std::string& head : HeadsOf("auth: none", Auth(", in: query"), "{authorization: Basic gateway}")) {
    EXPECT_THAT(head, HasSubstr("authorization: Basic gateway\r\n"));
  }
}

TEST(Path, BeyondAsciiIsPercentEncoded) {
  EXPECT_THAT(HeadOf("- http: {get: \"/räume?é\", expect: {status: 200}}"),
              HasSubstr("GET /r%C3%A4ume?%C3%A9 HTTP/1.1\r\n"));
}

TEST(Subprotocols, ThatATemplateMakesNoNamesAreNotOffered) {
  for (const char* value : {"", "a, b", "chat"}) {
    ScriptedServer server(&ScriptedPeer::Drain);
    SuiteRun::Options options;
    options.vars["x"] = value;
    SuiteRun run(OneScenario(server.url(), {"- connect: {path: /, subprotocols: [chat, \"${x}\"]}", "- ping: {}"},
                             "vars: {x: v2}\n"),
                 options);
    ASSERT_TRUE(run.Result().failure.has_value()) << value;
    EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kConfig) << run.Result().failure->message;
    EXPECT_EQ(server.connections(), 0);
  }
}

}  // namespace
}  // namespace wsfleet::testing
