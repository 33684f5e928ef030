#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// What becomes of a case with `retries` and of its tries.
namespace wsfleet::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

// Answers the requests with these, and all behind them with the last one.
ScriptedServer::Script Answers(std::vector<std::string> statuses) {
  return [statuses = std::move(statuses), seen = std::make_shared<std::atomic<std::size_t>>(0)](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 " + statuses[std::min(seen->fetch_add(1), statuses.size() - 1)] +
              "\r\nContent-Length: 0\r\n\r\n");
  };
}

// One case whose path is a row of `data`: each try takes one.
CaseResult Ask(const ScriptedServer& server, const std::string& rows, DataPart part = {}) {
  std::string suite =
      OneScenario(server.url(), {R"(- http: {get: "/${data.user}", expect: {status: 200}})"}, "data: {file: u.csv}\n");
  suite.insert(suite.find("    steps:"), "    retries: 5\n");
  SuiteRun::Options options;
  options.files = {{"u.csv", "user\n" + rows}};
  options.data = part;
  return SuiteRun(suite, std::move(options)).Result();
}

TEST(Retries, ThatEndByAFailureOfOursDoNotHideTheTargets) {
  ScriptedServer server(Answers({"404 Not Found", "503 Busy"}));
  const CaseResult result = Ask(server, "ada\nbob\n");
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->failure_class, FailureClass::kHttpStatus);
  EXPECT_EQ(result.failure->evidence.status, 503u) << "the last try that says something of the target";
  EXPECT_THAT(result.failure->notes, Contains(AllOf(Field(&Note::label, "try 3"),
                                                    Field(&Note::text, HasSubstr("[config] u.csv has no row")))));
  EXPECT_EQ(result.tries, 3u);
  EXPECT_EQ(result.failed_sessions, 1u);
  EXPECT_FALSE(result.flaky);
  EXPECT_FALSE(result.proof.peer_address.empty()) << "of the try that is shown";
}

TEST(Retries, DoNotFollowAFailureOfOurs) {
  ScriptedServer server(Answers({"404 Not Found"}));
  const CaseResult result = Ask(server, "ada\n", {1, 2});
  EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  EXPECT_EQ(result.tries, 1u);
  EXPECT_EQ(server.connections(), 0);
}

// One case of a WebSocket, with `more` keys, whose connections are answered by `script`.
CaseResult Connect(ScriptedServer::Script script, const std::string& more, const std::vector<std::string>& steps) {
  ScriptedServer server(std::move(script));
  std::string suite = OneScenario(server.url(), steps);
  suite.insert(suite.find("    steps:"), more);
  return SuiteRun(suite).Result();
}

TEST(Retries, KeepWhatTheFailedTriesOfAFlakyPassHaveFound) {
  const CaseResult result = Connect(
      [seen = std::make_shared<std::atomic<int>>(0)](ScriptedPeer& peer) {
        const int number = ++*seen;
        if (number < 3) {
          peer.ReadHead();
          peer.Send("HTTP/1.1 50" + std::to_string(number) + " Busy\r\nContent-Length: 0\r\n\r\n");
          return;
        }
        peer.AcceptUpgrade();
        peer.SendFrame(kText, "hello");
        peer.Drain();
      },
      "    retries: 5\n", {"- connect: {path: /}", "- expect: {match: {text: hello}}"});
  EXPECT_EQ(result.outcome, Outcome::kPassed);
  EXPECT_TRUE(result.flaky);
  EXPECT_EQ(result.tries, 3u);
  EXPECT_FALSE(result.failure);
  ASSERT_EQ(result.earlier_failures.size(), 2u);
  for (const Failure& failure : result.earlier_failures) {
    EXPECT_EQ(failure.failure_class, FailureClass::kUpgradeRefused5xx);
    EXPECT_EQ(failure.phase, Phase::kUpgrade);
    EXPECT_TRUE(failure.range.known());
  }
  EXPECT_EQ(result.earlier_failures[0].evidence.status, 501u);
  EXPECT_FALSE(result.earlier_failures[0].evidence.transcript.empty());
  EXPECT_THAT(result.earlier_failures[1].message, HasSubstr("502"));
  EXPECT_TRUE(result.earlier_failures[1].evidence.transcript.empty()) << "only of the first one is it kept";
}

TEST(Retries, DoNotFollowWhereSomethingWasLetInThatMustBeRefused) {
  const CaseResult result = Connect(
      [seen = std::make_shared<std::atomic<int>>(0)](ScriptedPeer& peer) {
        if ((*seen)++ == 0) {
          peer.AcceptUpgrade();
          peer.SendFrame(kText, "welcome");
          peer.Drain();
          return;
        }
        peer.ReadHead();
        peer.Send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
      },
      "    retries: 2\n", {"- connect: {path: /, refused: {class: auth}}"});
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->failure_class, FailureClass::kNotRefused);
  EXPECT_EQ(result.tries, 1u);
}

TEST(Retries, AreNotMadeWhereOneOfManySessionsWasLetIn) {
  const CaseResult result = Connect(
      [seen = std::make_shared<std::atomic<int>>(0)](ScriptedPeer& peer) {
        if ((*seen)++ == 3) {
          peer.AcceptUpgrade();
          peer.SendFrame(kText, "welcome");
          peer.Drain();
          return;
        }
        peer.ReadHead();
        peer.Send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
      },
      "    retries: 2\n    concurrent: 4\n", {"- connect: {path: /, refused: {class: auth}}"});
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->failure_class, FailureClass::kNotRefused) << "it says more than a 500";
  EXPECT_EQ(result.tries, 1u);
  EXPECT_EQ(result.failed_sessions, 4u);
}

}  // namespace
}  // namespace wsfleet::testing
