#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/case_checks.h"
#include "tests/unit/engine/frame_heads.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// What had arrived when the last step ended is judged as everything before it, and nothing is waited for.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;

const std::string kSequence = "- connect: {path: /ws, sequence: {path: $.seq}}";
const std::string kPlain = "- connect: {path: /ws}";
const std::string kFailUnexpected = "defaults: {unexpected: fail}\n";

std::string Frame(std::uint8_t first, std::string_view payload) {
  return std::string{static_cast<char>(first), static_cast<char>(payload.size())} + std::string(payload);
}
std::string TextFrame(std::string_view text) { return Frame(kText, text); }

// Accepts the upgrade and sends these bytes at once, then goes on as `more` says.
CaseResult AllAtOnce(const std::string& bytes, const std::vector<std::string>& steps, const std::string& settings = "",
                     const std::function<void(ScriptedPeer&)>& more = &ScriptedPeer::Drain) {
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    peer.Send(bytes);
    more(peer);
  });
  return SuiteRun(OneScenario(server.url(), steps, settings)).Result();
}

TEST(LastStep, DoesNotPassOverAGapOrADuplicateThatCameWithItsFrame) {
  const std::string first = TextFrame(R"({"seq":1})");
  for (const std::string end : {"", "- drop: {}", "- close: {}"}) {
    std::vector<std::string> steps{kSequence, "- expect: {match: {$.seq: 1}}"};
    if (!end.empty()) steps.push_back(end);
    ExpectFailed(AllAtOnce(first + TextFrame(R"({"seq":3})"), steps), FailureClass::kEventMissing, "expected 2");
    ExpectFailed(AllAtOnce(first + first, steps), FailureClass::kEventDuplicate, "again");
  }
}

TEST(LastStep, WarnsOfASequenceThatHasComparedNothing) {
  const std::vector<std::string> steps{kSequence, "- expect: {match: {$.sqe: 1}}"};
  const CaseResult misspelt = AllAtOnce(TextFrame(R"({"sqe":1})"), steps);
  EXPECT_EQ(misspelt.outcome, Outcome::kPassed);
  EXPECT_THAT(misspelt.warnings, ::testing::ElementsAre(HasSubstr("no frame had a number at $.seq")));
  EXPECT_TRUE(AllAtOnce(TextFrame(R"({"sqe":1,"seq":1})"), steps).warnings.empty());
  // Each connection for itself, but those that a reconnect continues.
  std::vector<std::string> again = steps;
  again.insert(again.end(), {"- drop: {}", kSequence, "- expect: {match: {$.sqe: 1}}"});
  EXPECT_EQ(AllAtOnce(TextFrame(R"({"sqe":1})"), again).warnings.size(), 2u);
  again[3] = "- reconnect: {}";
  EXPECT_EQ(AllAtOnce(TextFrame(R"({"sqe":1})"), again).warnings.size(), 1u);
}

TEST(LastStep, DoesNotPassOverAnUnexpectedFrameThatCameWithItsOwn) {
  const CaseResult result = AllAtOnce(TextFrame(R"({"type":"a"})") + TextFrame(R"({"type":"error"})"),
                                      {kPlain, "- expect: {match: {$.type: a}}"}, kFailUnexpected);
  ExpectFailed(result, FailureClass::kEventForbidden, "error");
  EXPECT_FALSE(result.failure->evidence.transcript.empty());
}

TEST(LastStep, DoesNotPassOverAFrameThatIsNotUtf8) {
  const CaseResult result =
      AllAtOnce(TextFrame(R"({"type":"a"})") + TextFrame("\xFF"), {kPlain, "- expect: {match: {$.type: a}}"});
  ExpectFailed(result, FailureClass::kProtocol, "RFC 6455");
}

// More than any buffer of ours: what waits in the socket counts, too.
TEST(LastStep, JudgesAllThatWaitsInTheSocket) {
  std::string bytes = TextFrame(R"({"seq":1})");
  for (int number = 2; number < 600; ++number) bytes += TextFrame(R"({"seq":)" + std::to_string(number) + "}");
  for (const bool gap : {false, true}) {
    for (const std::string end : {"", "- drop: {}"}) {
      ScriptedServer server([&](ScriptedPeer& peer) {
        const std::string head = peer.ReadHead();
        // With the 101, so that all of it is there when the first step ends.
        peer.Send("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                  AcceptValue(KeyOf(head)) + "\r\n\r\n" + bytes + TextFrame(gap ? R"({"seq":601})" : R"({"seq":600})"));
        peer.Drain();
      });
      std::vector<std::string> steps{kSequence, "- expect: {match: {$.seq: 1}}"};
      if (!end.empty()) steps.push_back(end);
      const CaseResult result = SuiteRun(OneScenario(server.url(), steps)).Result();
      if (gap) {
        ExpectFailed(result, FailureClass::kEventMissing, "expected 600");
      } else {
        ExpectPassed(result);
      }
    }
  }
}

// What breaks the rules and satisfies the last step at once is no pass.
TEST(LastStep, DoesNotPassOverAFrameThatBreaksRfc6455) {
  for (const std::string code : {"\x03\xED", "\x03\xE7"}) {  // 1005, 999
    const CaseResult result = AllAtOnce(Frame(kClose, code), {kPlain, "- expect_close: {}"});
    ExpectFailed(result, FailureClass::kProtocol, "");
  }
}

// Whoever has nothing more to say may close: that it happened to be seen before the session was over is no failure.
TEST(LastStep, IsNotFollowedByAFailureBecauseThePeerCloses) {
  const std::string last = TextFrame(R"({"type":"a"})");
  const std::vector<std::string> steps{kPlain, "- expect: {match: {$.type: a}}"};
  for (const std::string& settings : {std::string(), kFailUnexpected}) {
    ExpectPassed(AllAtOnce(last + Frame(kClose, "\x03\xE8"), steps, settings));
    ExpectPassed(AllAtOnce(last, steps, settings, [](ScriptedPeer&) {}));
    ExpectPassed(AllAtOnce(last, steps, settings, &ScriptedPeer::Reset));
  }
}

TEST(LastStep, OfAThousandHealthySessionsLeavesNothingToComplainOf) {
  const auto wait = [](ScriptedPeer& peer) { peer.Drain(); };
  const auto cut = [](ScriptedPeer&) {};
  for (const std::function<void(ScriptedPeer&)>& end : {std::function(wait), std::function(cut)}) {
    ScriptedServer server([&](ScriptedPeer& peer) {
      peer.AcceptUpgrade();
      for (const char* number : {"1", "2", "3"}) peer.Send(TextFrame(std::string(R"({"seq":)") + number + "}"));
      end(peer);
    });
    const CaseResult result =
        SuiteRun(
            "version: wsfleet/v1\nname: test\ntarget: " + server.url() +
            "\ndefaults: {unexpected: fail, within: 60s}\nscenarios:\n  - name: one\n    concurrent: 500\n    steps:\n"
            "      - connect: {path: /ws, sequence: {path: $.seq}}\n"
            "      - expect_seq: {messages: [{match: {$.seq: 1}}, {match: {$.seq: 2}}, {match: {$.seq: 3}}]}\n")
            .Result();
    ExpectPassed(result);
    EXPECT_EQ(result.sessions, 500u);
  }
}

TEST(LastStep, EndsThoughThePeerNeverStopsSending) {
  const CaseResult result = AllAtOnce(
      TextFrame("first"), {kPlain, "- expect: {match: {text: first}}"},
      "defaults: {phases: {close: 200ms}, inbox: {max_frames: 1000000, max_bytes: 64MiB}}\n", [](ScriptedPeer& peer) {
        std::string block;
        for (int i = 0; i < 1000; ++i) block += TextFrame("noise");
        while (peer.Send(block)) {
        }
      });
  ExpectPassed(result);
}

}  // namespace
}  // namespace wsfleet::testing
