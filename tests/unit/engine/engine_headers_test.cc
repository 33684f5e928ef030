#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// The fields of our requests: each once, the author's own over ours.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct Asked {
  std::string head;
  CaseResult result;
};

// The head of the only request of a step that is answered with 200; "user" is a credential of the suite.
Asked AskedBy(const std::string& step, const std::string& credential = "{token: secret-token}") {
  Asked asked;
  {
    ScriptedServer server([&](ScriptedPeer& peer) {
      asked.head = peer.ReadHead();
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    asked.result = SuiteRun(OneScenario(server.url(), {step}, "auth: {user: " + credential + "}\n")).Result();
  }
  return asked;
}

TEST(Headers, OfACookieCredentialGoAfterTheAuthorsOwnInOneLine) {
  const std::string credential = "{token: secret-token, in: cookie, name: session}";
  for (const std::string step : {"- connect: {path: /, auth: user, headers: {cookie: a=1}, refused: {status: 200}}",
                                 "- http: {get: /, auth: user, headers: {cookie: a=1}}"}) {
    EXPECT_THAT(AskedBy(step, credential).head,
                AllOf(HasSubstr("cookie: a=1; session=secret-token\r\n"), Not(HasSubstr("Cookie: "))));
  }
}

TEST(Headers, OfOursYieldToTheAuthorsOwn) {
  EXPECT_THAT(AskedBy("- connect: {path: /, headers: {user-agent: mine}, refused: {status: 200}}").head,
              AllOf(HasSubstr("user-agent: mine\r\n"), Not(HasSubstr("User-Agent: "))));
  EXPECT_THAT(
      AskedBy("- http: {post: /, json: {a: 1}, headers: {content-type: application/merge-patch+json}}").head,
      AllOf(HasSubstr("content-type: application/merge-patch+json\r\n"), Not(HasSubstr("Content-Type: "))));
}

TEST(Headers, OfTheAuthorGoOverACredentialAndThatIsSaid) {
  const Asked asked = AskedBy("- http: {get: /, auth: user, headers: {authorization: Basic own}}");
  EXPECT_THAT(asked.head, AllOf(HasSubstr("authorization: Basic own\r\n"), Not(HasSubstr("Authorization: "))));
  EXPECT_THAT(asked.result.credentials, IsEmpty());
  ASSERT_THAT(asked.result.warnings, SizeIs(1));
  EXPECT_THAT(asked.result.warnings[0], HasSubstr("credential user was not sent"));
}

TEST(Headers, AreOursWhereTheAuthorSaysNothing) {
  const Asked asked = AskedBy("- http: {post: /, auth: user, json: {a: 1}}");
  EXPECT_THAT(asked.head, AllOf(HasSubstr("Authorization: Bearer secret-token\r\n"), HasSubstr("User-Agent: wsfleet"),
                                HasSubstr("Content-Type: application/json\r\n")));
  EXPECT_THAT(asked.result.warnings, IsEmpty());
}

}  // namespace
}  // namespace wsfleet::testing
