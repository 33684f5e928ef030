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

}  // namespace
}  // namespace wsfleet::testing
