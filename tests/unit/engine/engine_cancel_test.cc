#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/frame_heads.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// What becomes of sessions and cases when their run ends before them.
namespace wsfleet::testing {
namespace {

using ::testing::StartsWith;

TEST(Cancel, ClosesOpenSessionsWith1001AndReportsNoMoreResults) {
  std::promise<void> open;
  std::promise<std::string> last;
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    peer.ReadFrame();
    open.set_value();
    const ScriptedPeer::Frame frame = peer.ReadFrame();
    last.set_value(frame.first == kClose ? frame.payload : "not a close frame");
  });
  SuiteRun run(OneScenario(
      server.url(), {"- connect: {path: /}", "- send: {text: here}", "- expect: {match: {$.a: 1}, within: 60s}"}));
  open.get_future().wait();
  run.Cancel();
  EXPECT_EQ(run.Ending(), engine::ShardEnding::kCancelled);
  EXPECT_TRUE(run.Results().empty());
  EXPECT_THAT(last.get_future().get(), StartsWith("\x03\xE9"));
  EXPECT_EQ(run.engine().health().open_sessions, 0u);
}

TEST(Cancel, CutsAHandshakeThatIsUnderWay) {
  for (int round = 0; round < 20; ++round) {
    std::promise<void> asked;
    ScriptedServer server([&](ScriptedPeer& peer) {
      asked.set_value();
      // From half a handshake to a whole one, whichever comes first.
      if (round % 2 == 0) peer.AcceptUpgrade();
      peer.Drain();
    });
    SuiteRun run(OneScenario(server.url(), {"- connect: {path: /}", "- expect: {match: {$.a: 1}, within: 60s}"}));
    asked.get_future().wait();
    run.Cancel();
    EXPECT_EQ(run.Ending(), engine::ShardEnding::kCancelled);
  }
}

// The first connection gets `first`, the second one no answer. Cancelled when both have come so far.
std::vector<CaseResult> CancelledInTheMiddle(const std::string& first, const std::string& scenario,
                                             engine::AfterCancel after) {
  std::promise<void> over, hangs;
  std::atomic<int> seen = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    const bool is_first = seen++ == 0;
    if (is_first && first == "101") {
      peer.AcceptUpgrade();
    } else {
      peer.ReadHead();
    }
    if (is_first && first != "101") peer.Send("HTTP/1.1 " + first + "\r\nContent-Length: 0\r\n\r\n");
    if (!is_first) hangs.set_value();
    peer.Drain();
    if (is_first) over.set_value();
  });
  SuiteRun run("version: wsfleet/v1\nname: test\ntarget: " + server.url() +
               "\ndefaults: {phases: {upgrade: 60s}}\nscenarios:\n  - name: one\n    " + scenario + "\n");
  over.get_future().wait();
  hangs.get_future().wait();
  run.Cancel(after);
  EXPECT_EQ(run.Ending(), engine::ShardEnding::kCancelled);
  return run.Results();
}

TEST(Cancel, ForgetsNothingThatTheTargetHasDone) {
  const std::string retried = "retries: 1\n    steps: [{connect: {path: /}}, {ping: {}}]";
  const std::vector<CaseResult> results = CancelledInTheMiddle("503 Busy", retried, engine::AfterCancel::kNeverRun);
  ASSERT_EQ(results.size(), 1u);
  ExpectFailure(results[0], Phase::kUpgrade, FailureClass::kUpgradeRefused5xx, "503");
  EXPECT_EQ(results[0].failure->notes.back().text, "the run ended before 1 of 1 sessions");
  EXPECT_TRUE(CancelledInTheMiddle("503 Busy", retried, engine::AfterCancel::kRunElsewhere).empty());
}

TEST(Cancel, ForgetsLeastOfAllWhomItLetIn) {
  const std::string refused = "concurrent: 2\n    steps: [connect: {path: /, refused: {status: 401}}]";
  const std::vector<CaseResult> results = CancelledInTheMiddle("101", refused, engine::AfterCancel::kNeverRun);
  ASSERT_EQ(results.size(), 1u);
  ExpectFailure(results[0], Phase::kUpgrade, FailureClass::kNotRefused, "");
  EXPECT_EQ(results[0].failed_sessions, 1u);
}

TEST(Cancel, WhileACloseWaitsForItsAnswerEndsTheSession) {
  std::promise<void> closing;
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    peer.SendFrame(kPong, peer.ReadFrame().payload);
    peer.ReadFrame();
    closing.set_value();
    std::string ignored;
    while (peer.ReadFrame().first != 0) {  // never answers the close
    }
  });
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /}", "- ping: {}", "- close: {code: 1000}"},
                           "defaults: {phases: {close: 60s}}\n"));
  closing.get_future().wait();
  run.Cancel();
  EXPECT_EQ(run.Ending(), engine::ShardEnding::kCancelled);
}

TEST(Cancel, CutsAnHttpRequestThatIsUnderWay) {
  std::promise<void> asked;
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.ReadHead();
    asked.set_value();
    peer.Drain();
  });
  SuiteRun run(OneScenario(server.url(), {"- http: {get: /, within: 50s, expect: {status: 200}}"}));
  asked.get_future().wait();
  run.Cancel();
  EXPECT_TRUE(run.EndsWithin(std::chrono::seconds(20)));
  EXPECT_EQ(run.Ending(), engine::ShardEnding::kCancelled);
}

}  // namespace
}  // namespace wsfleet::testing
