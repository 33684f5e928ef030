#include <atomic>
#include <future>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/case_checks.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// Ends of connections: ours and the target's, answered and not, asked for and not.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::uint8_t kPong = 0x8A, kClose = 0x88;

// Accepts the upgrade, then does what `script` says.
CaseResult AfterConnect(const ScriptedServer::Script& script, const std::vector<std::string>& steps,
                        const std::string& more = "", const SuiteRun::Options& options = {}) {
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    script(peer);
  });
  std::vector<std::string> all = steps;
  all.insert(all.begin(), "- connect: {path: /ws}");
  return SuiteRun(OneScenario(server.url(), all, more), options).Result();
}

TEST(CloseStep, HoldsWhenAFrameAnswersIt) {
  const CaseResult result = AfterConnect(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kPong, peer.ReadFrame().payload);
        peer.Drain();
      },
      {"- ping: {}", "- close: {code: 4001}"});
  EXPECT_EQ(result.outcome, Outcome::kPassed) << (result.failure ? result.failure->message : "");
}

TEST(CloseStep, FailsWhenTcpEndsInsteadOfAnAnswer) {
  for (const bool reset : {false, true}) {
    const CaseResult result = AfterConnect(
        [reset](ScriptedPeer& peer) {
          peer.SendFrame(kPong, peer.ReadFrame().payload);
          peer.ReadFrame();  // our close
          if (reset) peer.Reset();
        },
        {"- ping: {}", "- close: {}"});
    ExpectFailure(result, Phase::kClose, FailureClass::kClose, "instead of an answer to our close frame");
    EXPECT_EQ(result.failure->evidence.close_code, 1006);
  }
}

TEST(CloseStep, FailsWhereTheTargetHadClosedBeforeInAnotherWayThanNormally) {
  const auto run = [](const std::string& code) {
    std::promise<void> seen;
    std::atomic<int> accepted = 0;
    ScriptedServer server([&](ScriptedPeer& peer) {
      if (++accepted == 2) {
        peer.ReadHead();
        seen.get_future().wait();
        peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      peer.AcceptUpgrade();
      peer.SendFrame(kPong, peer.ReadFrame().payload);
      peer.SendFrame(kClose, code);
      peer.ReadFrame();  // the agent's answer: it has seen the close
      seen.set_value();
    });
    return SuiteRun(
               OneScenario(server.url(), {"- connect: {path: /}", "- ping: {}", "- http: {get: /}", "- close: {}"}))
        .Result();
  };
  const CaseResult broken = run("\x03\xF3overload");
  ExpectFailure(broken, Phase::kClose, FailureClass::kClose, "closed with 1011 \"overload\"");
  EXPECT_EQ(broken.failure->evidence.close_code, 1011);
  for (const std::string orderly : {"\x03\xE8", "\x03\xE9going away", ""}) {
    EXPECT_EQ(run(orderly).outcome, Outcome::kPassed) << orderly;
  }
}

TEST(CloseStep, DoesNotBlameTheTargetForAReasonThatNoFrameHolds) {
  const auto run = [](std::size_t bytes) {
    SuiteRun::Options options;
    options.vars["why"] = std::string(bytes, 'x');
    return AfterConnect(
        [](ScriptedPeer& peer) {
          peer.SendFrame(kPong, peer.ReadFrame().payload);
          peer.Drain();
        },
        {"- ping: {}", "- close: {reason: \"${why}\"}"}, "vars: {why: short}\n", options);
  };
  EXPECT_EQ(run(123).outcome, Outcome::kPassed);
  const CaseResult result = run(124);
  EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  ExpectFailure(result, Phase::kNone, FailureClass::kConfig, "at most 123 bytes (RFC 6455, 5.5), found 124");
}

TEST(ExpectClose, ThatIsAnsweredByARefusalBeforeAnyMessageFailsAsAClose) {
  const CaseResult result = AfterConnect(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kClose, "\x03\xF0no");
        peer.Drain();
      },
      {"- expect_close: {code: 1000}"});
  ExpectFailure(result, Phase::kClose, FailureClass::kClose, "1008");
}

TEST(ExpectClose, InALoopFailsAsACloseToo) {
  const CaseResult result = AfterConnect(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kClose, "\x03\xF0no");
        peer.Drain();
      },
      {"- repeat: {times: 1, steps: [{expect_close: {code: 1000}}]}"});
  ExpectFailure(result, Phase::kClose, FailureClass::kClose, "1008");
}

}  // namespace
}  // namespace wsfleet::testing
