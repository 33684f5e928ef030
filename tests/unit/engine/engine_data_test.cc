#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// Rows of `data`: one for each session that uses them, of the shard's own part.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kUsers[] = "user\nada\nbob\ncid\ndan\neve\n";

// The paths that a run of `steps` asks for, with `use`.
struct Asked {
  std::multiset<std::string> paths;
  CaseResult result;
};
Asked Ask(const std::vector<std::string>& steps, const std::string& use, DataPart part,
          const std::string& scenario = "") {
  Asked asked;
  std::mutex mutex;
  ScriptedServer server([&](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    const std::lock_guard lock(mutex);
    asked.paths.insert(head.substr(5, head.find(' ', 5) - 5));
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  std::string suite = OneScenario(server.url(), steps, "data: {file: users.csv, use: " + use + "}\n");
  suite.insert(suite.find("    steps:"), scenario);
  SuiteRun::Options options;
  options.files = {{"users.csv", kUsers}};
  options.data = part;
  asked.result = SuiteRun(suite, std::move(options)).Result();
  return asked;
}

const std::vector<std::string> kTwice{"- http: {get: \"/${data.user}\", expect: {status: 200}}",
                                      "- http: {get: \"/again-${data.user}\", expect: {status: 200}}"};

TEST(Data, IsOneRowForAllStepsOfASession) {
  const Asked asked = Ask(kTwice, "once", {0, 1});
  EXPECT_EQ(asked.result.outcome, Outcome::kPassed);
  EXPECT_THAT(asked.paths, ElementsAre("ada", "again-ada"));
}

TEST(Data, IsAnotherRowForEachSessionOfThePartOfTheShard) {
  EXPECT_THAT(Ask({kTwice.front()}, "once", {0, 2}, "    concurrent: 3\n").paths, ElementsAre("ada", "cid", "eve"));
  EXPECT_THAT(Ask({kTwice.front()}, "once", {1, 2}, "    concurrent: 2\n").paths, ElementsAre("bob", "dan"));
  EXPECT_THAT(Ask({kTwice.front()}, "cycle", {1, 2}, "    concurrent: 3\n").paths, ElementsAre("bob", "bob", "dan"));
}

TEST(Data, ThatIsUsedUpMakesTheCaseInconclusive) {
  const Asked asked = Ask({kTwice.front()}, "once", {1, 2}, "    concurrent: 3\n");
  EXPECT_EQ(asked.result.outcome, Outcome::kInconclusive);
  ASSERT_TRUE(asked.result.failure);
  EXPECT_EQ(asked.result.failure->failure_class, FailureClass::kConfig);
  EXPECT_THAT(asked.result.failure->message,
              HasSubstr("users.csv has no row left: 2 of its 5 are for this agent, one of 2 that the run is on"));
}

TEST(Data, IsNotTakenBySessionsThatDoNotUseIt) {
  EXPECT_EQ(Ask({"- http: {get: /, expect: {status: 200}}"}, "once", {0, 1}, "    concurrent: 9\n").result.outcome,
            Outcome::kPassed);
}

}  // namespace
}  // namespace wsfleet::testing
