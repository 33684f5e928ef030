#include <atomic>
#include <barrier>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "boost/json/parse.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/frame_heads.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// How the engine goes through the cases of a shard.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void AnswerPings(ScriptedPeer& peer) {
  peer.AcceptUpgrade();
  for (ScriptedPeer::Frame frame = peer.ReadFrame(); frame.first != 0; frame = peer.ReadFrame()) {
    if (frame.first == 0x89) peer.SendFrame(kPong, frame.payload);
    if (frame.first == kClose) peer.SendFrame(kClose, frame.payload);
  }
}

std::string Suite(const std::string& url, const std::string& rest) {
  return "version: wsfleet/v1\nname: test\ntarget: " + url + "\n" + rest;
}

std::vector<std::string> Names(const std::vector<CaseResult>& results) {
  std::vector<std::string> names;
  for (const CaseResult& result : results) names.push_back(result.scenario);
  return names;
}

TEST(Shard, RunsTiersByPriorityAndCasesAsTheyAreWritten) {
  ScriptedServer server(AnswerPings);
  SuiteRun run(Suite(server.url(),
                     "scenarios:\n"
                     "  - {name: late, priority: 3, steps: [{connect: {path: /}}, {ping: {}}]}\n"
                     "  - {name: first, priority: 1, steps: [{connect: {path: /}}, {ping: {}}]}\n"
                     "  - {name: second, priority: 1, steps: [{connect: {path: /}}, {ping: {}}]}\n"));
  EXPECT_THAT(Names(run.Results()), ElementsAre("first", "second", "late"));
  EXPECT_EQ(run.Ending(), engine::ShardEnding::kCompleted);
}

TEST(Shard, DoesNotRunAgainWhatAnEarlierAttemptHasReported) {
  ScriptedServer server(AnswerPings);
  SuiteRun run(Suite(server.url(),
                     "scenarios:\n"
                     "  - {name: done, steps: [{connect: {path: /}}, {ping: {}}]}\n"
                     "  - {name: open, steps: [{connect: {path: /}}, {ping: {}}]}\n"),
               {.skip_cases = {CaseId("test/done")}});
  EXPECT_THAT(Names(run.Results()), ElementsAre("open"));
}

TEST(Shard, SkipsLaterTiersOnceATierHasFailed) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  });
  SuiteRun run(Suite(server.url(),
                     "stop_on_failure: 1\n"
                     "scenarios:\n"
                     "  - {name: gate, priority: 1, steps: [{connect: {path: /}}, {ping: {}}]}\n"
                     "  - {name: rest, priority: 2, steps: [{connect: {path: /}}, {ping: {}}]}\n"));
  ASSERT_EQ(run.Results().size(), 2u);
  EXPECT_EQ(run.Results()[0].outcome, Outcome::kFailed);
  EXPECT_EQ(run.Results()[1].outcome, Outcome::kSkipped);
  EXPECT_EQ(run.Results()[1].skip_reason, SkipReason::kTierFailed);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Shard, RunsTheTiersOfAFolderAcrossItsSuites) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    peer.SendFrame(0x81, "hello");
    peer.Drain();
  });
  const auto suite = [](const std::string& name, int first, int second, const std::string& text = "hello") {
    const auto scenario = [&](int tier, const std::string& awaited) {
      return "  - {name: t" + std::to_string(tier) + ", priority: " + std::to_string(tier) +
             ", steps: [{connect: {path: /}}, {expect: {match: {text: " + awaited + "}, within: 50ms}}]}\n";
    };
    return "version: wsfleet/v1\nname: " + name + "\nscenarios:\n" + scenario(first, "hello") + scenario(second, text);
  };
  SuiteRun::Options options;
  options.files["a.wsfleet.yaml"] = suite("a", 1, 3);
  options.files["b.wsfleet.yaml"] = suite("b", 1, 2, "other");
  SuiteRun run("version: wsfleet/v1\nname: all\ntarget: " + server.url() +
                   "\nfiles: [b.wsfleet.yaml, a.wsfleet.yaml]\nstop_on_failure: 2\n",
               options);
  std::vector<std::string> seen;
  for (const CaseResult& result : run.Results()) {
    seen.push_back(result.case_id.value() + " " + std::string(OutcomeName(result.outcome)));
  }
  EXPECT_THAT(seen, ElementsAre("b/t1 passed", "a/t1 passed", "b/t2 failed", "a/t3 skipped"));
}

TEST(Shard, SkipsACaseWhoseRequirementDoesNotHoldAndSaysWhich) {
  ScriptedServer server(AnswerPings);
  SuiteRun run(
      Suite(server.url(),
            "scenarios:\n"
            "  - {name: secret, requires: [{secret: NOT_GIVEN}], steps: [{connect: {path: /}}, {ping: {}}]}\n"
            "  - {name: arm, requires: [{agent: {arch: arm64}}], steps: [{connect: {path: /}}, {ping: {}}]}\n"),
      {.labels = {{"arch", "x86_64"}}});
  ASSERT_EQ(run.Results().size(), 2u);
  EXPECT_EQ(run.Results()[0].skip_reason, SkipReason::kSecretMissing);
  EXPECT_THAT(run.Results()[0].skip_detail, HasSubstr("secret NOT_GIVEN was not given"));
  EXPECT_THAT(run.Results()[0].skip_detail, HasSubstr("pass --secret NOT_GIVEN"));
  EXPECT_EQ(run.Results()[1].skip_reason, SkipReason::kAgentMismatch);
  EXPECT_EQ(server.connections(), 0);
}

TEST(Shard, RunsTheSessionsOfACaseAtOnce) {
  // Nobody is answered before all ten are there: one after the other would never end.
  std::barrier<> all(10);
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    all.arrive_and_wait();
    peer.SendFrame(kText, R"({"type":"all are here"})");
    peer.Drain();
  });
  SuiteRun run(Suite(server.url(),
                     "scenarios:\n"
                     "  - name: storm\n"
                     "    concurrent: 10\n"
                     "    steps: [{connect: {path: /}}, {expect: {match: {$.type: all are here}, within: 60s}}]\n"));
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
  EXPECT_EQ(run.Result().sessions, 10u);
  EXPECT_EQ(run.Result().failed_sessions, 0u);
  EXPECT_EQ(run.Result().proof.connections, 10u);
}

TEST(Shard, CountsTheSessionsThatFailed) {
  std::atomic<int> seen = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    if (seen++ % 2 == 0) {
      AnswerPings(peer);
      return;
    }
    peer.ReadHead();
    peer.Send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  });
  SuiteRun run(Suite(server.url(),
                     "scenarios:\n"
                     "  - {name: storm, concurrent: 4, steps: [{connect: {path: /}}, {ping: {}}]}\n"));
  EXPECT_EQ(run.Result().outcome, Outcome::kFailed);
  EXPECT_EQ(run.Result().failed_sessions, 2u);
}

TEST(Shard, TriesAFailedCaseAgainAndCallsItFlakyIfItPassesThen) {
  std::atomic<int> seen = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    if (seen++ > 0) {
      AnswerPings(peer);
      return;
    }
    peer.ReadHead();
    peer.Send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  });
  SuiteRun run(Suite(server.url(),
                     "scenarios:\n"
                     "  - {name: again, retries: 2, steps: [{connect: {path: /}}, {ping: {}}]}\n"));
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
  EXPECT_TRUE(run.Result().flaky);
  EXPECT_EQ(run.Result().tries, 2u);
}

TEST(Shard, TakesTheFirstTargetWhoseRequirementsHold) {
  ScriptedServer server(AnswerPings);
  SuiteRun run(
      "version: wsfleet/v1\nname: test\n"
      "targets:\n"
      "  stage: {url: \"ws://127.0.0.1:1\", requires: [{secret: STAGE_KEY}]}\n"
      "  local: {url: \"" +
      server.url() +
      "\"}\n"
      "target: [stage, local]\n"
      "scenarios: [{name: one, steps: [{connect: {path: /}}, {ping: {}}]}]\n");
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
  EXPECT_EQ(run.Result().target_name, "local");
}

TEST(Shard, RepeatsStepsAndReadsTheRevisionBefore) {
  int pings = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    if (head.starts_with("GET /health")) {
      peer.Send(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"revision\":\"3f9c\"}");
      return;
    }
    peer.Send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        AcceptValue(KeyOf(head)) + "\r\n\r\n");
    for (ScriptedPeer::Frame frame = peer.ReadFrame(); frame.first == 0x89; frame = peer.ReadFrame()) {
      ++pings;
      peer.SendFrame(kPong, frame.payload);
    }
  });
  {
    SuiteRun run(Suite(server.url(),
                       "revision: {http: {get: /health}, from: $.revision}\n"
                       "scenarios:\n"
                       "  - name: one\n"
                       "    steps: [{connect: {path: /}}, {repeat: {times: 3, steps: [{ping: {}}]}}]\n"));
    EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
    EXPECT_EQ(run.Result().revision, "3f9c");
  }
  EXPECT_EQ(pings, 3);
}

// Answers so much later that even a quick machine sees it.
void AnswerLate(ScriptedPeer& peer) {
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  peer.AcceptUpgrade();
  peer.Drain();
}

TEST(Latency, OfAnAgentThatIsLateItselfSaysNothingOfTheTarget) {
  const auto run = [](std::chrono::milliseconds busy) {
    ScriptedServer server(AnswerLate);
    SuiteRun::Options options;
    options.busy = busy;
    return SuiteRun(OneScenario(server.url(), {"- wait: 150ms", "- connect: {path: /, max_time: 1ms}", "- ping: {}"}),
                    options)
        .Result();
  };
  const CaseResult saturated = run(std::chrono::milliseconds(250));
  EXPECT_EQ(saturated.outcome, Outcome::kInconclusive);
  ASSERT_TRUE(saturated.failure);
  EXPECT_EQ(saturated.failure->failure_class, FailureClass::kAgent);
  EXPECT_THAT(saturated.failure->message, HasSubstr("the agent was saturated"));
}

TEST(Credentials, AreReportedWithWhetherTheyWereLetIn) {
  ScriptedServer server([](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    if (head.find("Bearer good") == std::string::npos) {
      peer.Send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  SuiteRun run(OneScenario(server.url(),
                           {"- http: {get: \"/b?q=1\", auth: user, expect: {status: 200}}",
                            "- connect: {path: /a, auth: forged, refused: {status: 401}}"},
                           "auth: {user: {token: good}, forged: {token: bad}}\n"));
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
  EXPECT_THAT(run.Result().credentials, ElementsAre(CredentialUse{"forged", false, server.url() + "/a"},
                                                    CredentialUse{"user", true, server.url() + "/b"}));
}

TEST(Tokens, AreMintedByTheCoordinatorsTime) {
  std::string token;
  ScriptedServer server([&](ScriptedPeer& peer) {
    const std::string head = peer.AcceptUpgrade();
    const std::size_t begin = head.find("Bearer ") + 7;
    token = head.substr(begin, head.find('\r', begin) - begin);
    peer.Drain();
  });
  SuiteRun::Options options;
  options.clock_ahead = std::chrono::hours(5);
  options.secrets["KEY"] = "a-key-of-some-length";
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /, auth: user, expect: {header: {upgrade: websocket}}}"},
                           "auth: {user: {jwt: {alg: HS256, key: \"${secret.KEY}\"}}}\n"),
               options);
  run.Results();
  std::string claims;
  ASSERT_TRUE(
      absl::WebSafeBase64Unescape(token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1), &claims));
  const auto issued = boost::json::parse(claims).at("iat").to_number<std::int64_t>();
  const std::int64_t expected = absl::ToUnixSeconds(absl::Now() - absl::Hours(5));
  EXPECT_NEAR(static_cast<double>(issued), static_cast<double>(expected), 60);
}

TEST(Clock, ThatIsWrongIsSaidWithEachResult) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const std::string suite = OneScenario(server.url(), {"- http: {get: /, expect: {status: 200}}"});
  const auto warnings = [&](std::chrono::seconds ahead) {
    SuiteRun::Options options;
    options.clock_ahead = ahead;
    SuiteRun run(suite, options);
    return run.Result().warnings;
  };
  EXPECT_THAT(warnings(std::chrono::minutes(5)), ElementsAre(HasSubstr("is 5m00s ahead of the coordinator's")));
  EXPECT_THAT(warnings(-std::chrono::minutes(5)), ElementsAre(HasSubstr("is 5m00s behind the coordinator's")));
  EXPECT_THAT(warnings(std::chrono::seconds(1)), ElementsAre());
}

TEST(Revision, ThatChangesWhileTheSuiteRunsMakesItInconclusive) {
  std::atomic<int> asked = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.ReadHead();
    const std::string body = asked++ == 0 ? R"({"revision":"old"})" : R"({"revision":"new"})";
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n" + body);
  });
  SuiteRun run(Suite(server.url(),
                     "revision: {http: {get: /health}, from: $.revision}\n"
                     "scenarios: [{name: one, steps: [{http: {get: /, expect: {status: 200}}}]}]\n"));
  EXPECT_EQ(run.Result().outcome, Outcome::kInconclusive);
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kConfig);
  EXPECT_THAT(run.Result().failure->message, HasSubstr("from old to new"));
}

TEST(Scenario, EndsAtItsDeadline) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    peer.Drain();
  });
  SuiteRun run(Suite(server.url(),
                     "scenarios:\n"
                     "  - name: slow\n"
                     "    deadline: 200ms\n"
                     "    steps: [{connect: {path: /}}, {expect: {match: {$.a: 1}, within: 60s}}]\n"));
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kDeadline);
}

}  // namespace
}  // namespace wsfleet::testing
