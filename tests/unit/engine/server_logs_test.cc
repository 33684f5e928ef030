#include <atomic>
#include <string>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kLogs[] = "evidence: {logs: [{http: {get: \"/logs?trace=${trace.id}&from=${window.start}\"}}]}\n";

void Answer(ScriptedPeer& peer, std::string_view status, std::string_view body) {
  peer.Send(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body));
}

std::string TraceIn(const std::string& head) {
  const std::size_t at = head.find("traceparent: 00-");
  return at == std::string::npos ? "" : head.substr(at + 16, 32);
}

// A target that refuses every upgrade and has a log; that holds the line of a request from the second question on.
struct TargetWithLog {
  std::atomic<int> questions = 0;
  std::string trace;  // of the refused upgrade
  std::string asked;
  ScriptedServer server{[this](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    if (!head.starts_with("GET /logs")) {
      trace = TraceIn(head);
      return Answer(peer, "500 Internal Server Error", "oops");
    }
    asked = head;
    Answer(peer, "200 OK", ++questions == 1 ? "starting\n" : "starting\nboom trace=" + trace + " token=abc\n");
  }};
};

TEST(ServerLogs, AreAskedUntilTheyHoldTheLineOfTheRequest) {
  TargetWithLog target;
  SuiteRun run(OneScenario(target.server.url(), {"- connect: {path: /ws}", "- ping: {}"}, kLogs));
  const CaseResult& result = run.Result();
  ASSERT_EQ(result.outcome, Outcome::kFailed);
  const Evidence& evidence = result.failure->evidence;
  EXPECT_EQ(evidence.trace_id, target.trace);
  ASSERT_THAT(evidence.logs, SizeIs(1));
  EXPECT_TRUE(evidence.logs[0].same_request);
  EXPECT_THAT(evidence.logs[0].lines, ElementsAre(fmt::format("boom trace={} token=[redacted]", target.trace)));
  EXPECT_THAT(evidence.logs[0].source, HasSubstr("GET /logs"));
  EXPECT_THAT(target.asked, HasSubstr("GET /logs?trace=" + target.trace + "&from=20"));
  EXPECT_EQ(target.questions, 2);
}

TEST(ServerLogs, ThatCannotBeReadSayWhy) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.ReadHead();
    Answer(peer, "403 Forbidden", "no");
  });
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /ws}", "- ping: {}"}, kLogs));
  const CaseResult& result = run.Result();
  ASSERT_THAT(result.failure->evidence.logs, SizeIs(1));
  EXPECT_THAT(result.failure->evidence.logs[0].lines, IsEmpty());
  EXPECT_THAT(result.failure->evidence.logs[0].problem, HasSubstr("403"));
}

TEST(ServerLogs, AreNotAskedWithoutAFailure) {
  std::atomic<int> questions = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    if (head.starts_with("GET /logs")) ++questions;
    Answer(peer, "200 OK", "fine");
  });
  SuiteRun run(OneScenario(server.url(), {"- http: {get: /health, expect: {status: 200}}"}, kLogs));
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
  EXPECT_EQ(questions, 0);
}

}  // namespace
}  // namespace wsfleet::testing
