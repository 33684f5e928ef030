#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/engine/case_checks.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// Which answer is the refusal that a suite asks for.
namespace wsfleet::testing {
namespace {

std::string Answer(const std::string& status, const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A connect that is answered with these bytes, and that should be `refused` so.
CaseResult Refused(const std::string& answer, const std::string& refused) {
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send(answer);
  });
  return SuiteRun(OneScenario(server.url(), {"- connect: {path: /ws, refused: " + refused + "}"})).Result();
}

TEST(Refused, HoldsForTheRefusalThatIsNamedAndForNoOther) {
  const std::string refusal = Answer("403 Forbidden", "");
  ExpectPassed(Refused(refusal, "{class: auth}"));
  ExpectFailed(Refused(refusal, "{status: 429}"), FailureClass::kAuth, "refused in another way");
}

TEST(Refused, FailsWhenTheTargetAccepts) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    peer.Drain();
  });
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /ws, refused: {status: 401}}"}));
  ExpectFailed(run.Result(), FailureClass::kNotRefused, "accepted");
}

// A connection that breaks RFC 6455 behind its 101.
TEST(Refused, IsCalledByTheProtocolThatTheTargetBroke) {
  const auto run = [](const std::string& refused, const std::string& before = "") {
    ScriptedServer server([&](ScriptedPeer& peer) {
      peer.AcceptUpgrade();
      if (!before.empty()) peer.SendFrame(0x81, before);
      peer.SendFrame(0x83, "");
      peer.Drain();
    });
    return SuiteRun(OneScenario(server.url(), {"- connect: {path: /ws, refused: " + refused + "}"})).Result();
  };
  ExpectPassed(run("{class: protocol}"));
  ExpectFailed(run("{class: close}"), FailureClass::kProtocol,
               "refused in another way than expected: the target broke");
  ExpectFailed(run("{close: {gte: 1000}}"), FailureClass::kProtocol, "RFC 6455");
  ExpectFailed(run("{class: protocol}", "hello"), FailureClass::kNotRefused, "accepted");
}

TEST(Refused, FailsWhenTheRefusalComesTooLate) {
  const auto run = [](const std::string& max_time) {
    ScriptedServer server([](ScriptedPeer& peer) {
      peer.ReadHead();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      peer.Send(Answer("401 Unauthorized", ""));
    });
    return SuiteRun(OneScenario(server.url(), {"- connect: {path: /ws, max_time: " + max_time +
                                               ", within: 20s, refused: {class: auth}}"}))
        .Result();
  };
  ExpectPassed(run("19s"));
  const CaseResult late = run("1ms");
  ExpectFailure(late, Phase::kUpgrade, FailureClass::kLatency, "the refusal took ");
  EXPECT_EQ(late.failure->evidence.status, 401u);
}

// That nothing was received is what such a case is to show: it is not vacuous.
TEST(Refused, HoldsForAClassThatComesWithoutAnAnswer) {
  std::uint16_t port = 0;
  {
    port = ScriptedServer([](ScriptedPeer&) {}).port();
  }
  const std::string closed = "ws://127.0.0.1:" + std::to_string(port);
  const auto refused = [](const std::string& url, const std::string& how) {
    return SuiteRun(OneScenario(url, {"- connect: {path: /, refused: {class: " + how + "}}"})).Result();
  };
  ExpectPassed(refused(closed, "tcp"));
  ExpectPassed(refused("ws://does-not-exist.invalid:1", "dns"));
  ExpectFailed(refused(closed, "auth"), FailureClass::kTcp, "refused in another way");
}

// A server that fails has not judged the token.
TEST(Refused, HoldsForAServerErrorOnlyWhereItIsNamed) {
  const std::string error =
      Answer("500 Internal Server Error", R"({"error":"e"})", "Content-Type: application/json\r\n");
  for (const char* unnamed : {"{header: {content-type: {contains: json}}}", "{text: {contains: error}}",
                              "{json: {$.error: e}}", "{any: [{status: 401}, {text: {contains: error}}]}",
                              "{status: {not: 101}}", "{status: {gte: 400}}", "{status: {gte: 400, not: 404}}"}) {
    SCOPED_TRACE(unnamed);
    ExpectFailed(Refused(error, unnamed), FailureClass::kUpgradeRefused5xx, "500");
  }
  for (const char* named :
       {"{status: 500}", "{status: {in: [401, 500]}}", "{status: {gte: 500}}", "{status: {gt: 499}}",
        "{class: upgrade-refused-5xx}", "{any: [{status: 401}, {status: 500, text: {contains: e}}]}"}) {
    SCOPED_TRACE(named);
    ExpectPassed(Refused(error, named));
  }
  ExpectPassed(Refused(Answer("403 Forbidden", "no"), "{text: no}"));
}

TEST(Refused, IsJudgedByAllOfItsBody) {
  for (const std::size_t size : {100u, 8'300u, 500'000u}) {
    SCOPED_TRACE(size);
    const std::string body = R"({"a":")" + std::string(size, 'x') + R"(","m":"MARK"})";
    const std::string answer = Answer("403 Forbidden", body);
    ExpectPassed(Refused(answer, "{status: 403, json: {$.m: MARK}}"));
    ExpectPassed(Refused(answer, "{status: 403, text: {contains: MARK}}"));
    ExpectFailed(Refused(answer, "{status: 403, text: {not: {contains: MARK}}}"), FailureClass::kAuth, "403");
  }
  // By what the body says, not by how it was sent.
  ExpectPassed(Refused("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"m\":\r\n2\r\n1}\r\n0\r\n\r\n",
                       "{status: 403, json: {$.m: 1}}"));
}

TEST(Refused, IsInconclusiveIfItsBodyIsLargerThanThisAgentTakes) {
  const std::string answer = Answer("403 Forbidden", std::string(2 << 20, 'x') + "MARK");
  for (const char* text : {"{contains: MARK}", "{not: {contains: MARK}}"}) {
    const CaseResult result = Refused(answer, "{status: 403, text: " + std::string(text) + "}");
    EXPECT_EQ(result.outcome, Outcome::kInconclusive);
    ExpectFailure(result, FailureClass::kConfig, "larger than this agent takes");
    EXPECT_TRUE(result.failure->beyond_limit);
  }
  ExpectPassed(Refused(answer, "{status: 403}"));
  // One that is cut short is not all of it either.
  ExpectFailed(Refused("HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\nhalf", "{text: {not: {contains: MARK}}}"),
               FailureClass::kAuth, "403");
}

TEST(Http, IsInconclusiveIfTheAnswerIsLargerThanThisAgentTakes) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send(Answer("200 OK", std::string(2 << 20, 'x')));
  });
  const CaseResult result = SuiteRun(OneScenario(server.url(), {"- http: {get: /, expect: {status: 200}}"})).Result();
  EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  ExpectFailure(result, Phase::kHttp, FailureClass::kConfig, "larger than this agent takes");
  EXPECT_TRUE(result.failure->beyond_limit);
}

// "At least one value" of a header that came several times, or "every" one.
TEST(Expect, LooksAtAllHeadersOfAName) {
  const std::string two =
      "X-Frame-Options: DENY\r\nX-Frame-Options: ALLOWALL\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n";
  const auto http = [&](const std::string& tests) {
    ScriptedServer server([&](ScriptedPeer& peer) {
      peer.ReadHead();
      peer.Send(Answer("200 OK", "{}", two));
    });
    return SuiteRun(OneScenario(server.url(), {"- http: {get: /, expect: {header: " + tests + "}}"})).Result();
  };
  const auto upgrade = [&](const std::string& tests) {
    ScriptedServer server([&](ScriptedPeer& peer) {
      peer.AcceptUpgrade(two);
      peer.Drain();
    });
    return SuiteRun(OneScenario(server.url(), {"- connect: {path: /, expect: {header: " + tests + "}}"})).Result();
  };
  ExpectPassed(http("{x-frame-options: ALLOWALL}"));
  ExpectPassed(http("{set-cookie: {contains: \"b=2\"}}"));
  ExpectFailed(http("{x-frame-options: {every: DENY}}"), FailureClass::kAssertion,
               "found \"ALLOWALL\" (one of 2 values)");
  ExpectPassed(upgrade("{x-frame-options: ALLOWALL}"));
  ExpectFailed(upgrade("{x-frame-options: {every: DENY}}"), FailureClass::kAssertion, "ALLOWALL");
  ExpectFailed(upgrade("{x-absent: a}"), FailureClass::kAssertion, "found nothing");
}

}  // namespace
}  // namespace wsfleet::testing
