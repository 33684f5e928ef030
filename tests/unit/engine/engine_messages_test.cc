#include <chrono>
#include <future>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/case_checks.h"
#include "tests/unit/engine/frame_heads.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// What the engine makes of frames and of the end of a connection.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;

// Accepts the upgrade, then does what `script` says.
CaseResult Connected(const std::function<void(ScriptedPeer&)>& script, const std::vector<std::string>& steps,
                     const std::string& more = "") {
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    script(peer);
  });
  std::vector<std::string> all = steps;
  all.insert(all.begin(), "- connect: {path: /ws}");
  return SuiteRun(OneScenario(server.url(), all, more)).Result();
}

TEST(Frames, ThatArriveWithThe101AreNotLost) {
  ScriptedServer server([](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    peer.Send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        AcceptValue(KeyOf(head)) + "\r\n\r\n" + "\x81\x0D{\"type\":\"hi\"}");
    peer.Drain();
  });
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /ws}", "- expect: {match: {$.type: hi}}"}));
  ExpectPassed(run.Result());
}

TEST(Frames, ThatArriveWithALarge101AreNotLost) {
  // More than Beast's buffers take: 1.5 KiB of frames, 8 KiB of head.
  ScriptedServer server([](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    std::string events;
    for (int i = 0; i < 600; ++i) events += "\x81\x10{\"type\":\"noise\"}";
    peer.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Filler: " +
              std::string(20'000, 'x') + "\r\nSec-WebSocket-Accept: " + AcceptValue(KeyOf(head)) + "\r\n\r\n" + events +
              "\x81\x0D{\"type\":\"hi\"}");
    peer.Drain();
  });
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /ws}", "- expect: {match: {$.type: hi}}"}));
  ExpectPassed(run.Result());
}

TEST(Frames, OfOneMessageArePutTogetherAcrossPings) {
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kTextBegin, "{\"type\":");
        peer.SendFrame(kPing, "are you there");
        EXPECT_EQ(peer.ReadFrame().payload, "are you there");
        peer.SendFrame(kContinuation, "\"who");
        peer.SendFrame(kLast, "le\"}");
        peer.Drain();
      },
      {"- expect: {match: {$.type: whole}}"});
  ExpectPassed(result);
}

TEST(Frames, CanBeOneOfAListThatAVariableHolds) {
  const auto run = [](const std::string& value) {
    return Connected(
        [&](ScriptedPeer& peer) {
          peer.SendFrame(kText, "{\"a\":" + value + "}");
          peer.Drain();
        },
        {"- expect: {match: {$.a: {in: \"${list}\"}}, within: 100ms}"}, "vars: {list: [1, b]}\n");
  };
  ExpectPassed(run("1"));
  ExpectPassed(run("\"b\""));
  EXPECT_EQ(run("2").outcome, Outcome::kFailed);
}

TEST(Frames, ThatArriveBeforeTheirExpectationCount) {
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kText, R"({"type":"second"})");
        peer.SendFrame(kText, R"({"type":"first"})");
        peer.Drain();
      },
      {"- expect: {match: {$.type: first}}", "- expect: {match: {$.type: second}}"});
  ExpectPassed(result);
}

TEST(Frames, ThatBreakRfc6455EndTheSessionAsAProtocolError) {
  const std::string kBroken[] = {
      std::string("\xC1\x02hi", 4),          // RSV1 without an extension
      std::string("\x83\x02hi", 4),          // a reserved opcode
      std::string("\x80\x02hi", 4),          // a continuation of nothing
      std::string("\x81\x82\0\0\0\0hi", 8),  // a masked frame of a server
      std::string("\x81\x02\xFF\xFE", 4),    // text that is not UTF-8
      std::string("\x09\x00", 2),            // a fragmented ping
  };
  for (const std::string& bytes : kBroken) {
    const CaseResult result = Connected(
        [&](ScriptedPeer& peer) {
          peer.Send(bytes);
          peer.Drain();
        },
        {"- expect: {match: {$.type: never}}"});
    ASSERT_TRUE(result.failure.has_value());
    EXPECT_EQ(result.failure->failure_class, FailureClass::kProtocol) << ::testing::PrintToString(bytes);
  }
}

// However many connections there are: each has room of its own, and the agent has so much for all of them.
TEST(Frames, OfAllConnectionsTogetherAreBounded) {
  const std::string header("\x81\x7F\0\0\0\0\0\x10\0\0", 10);  // of a message of 1 MiB
  for (const std::string& bytes : {header + std::string(600'000, 'x'), header + std::string(1 << 20, 'x')}) {
    ScriptedServer server([&](ScriptedPeer& peer) {
      peer.AcceptUpgrade();
      peer.Send(bytes);
      peer.Drain();
    });
    SuiteRun::Options options;
    options.max_held_bytes = 3 << 20;
    std::vector<std::string> steps, later;
    for (const std::string name : {"a", "b", "c", "d", "e", "f"}) {
      steps.push_back("- connect: {path: /, as: " + name + "}");
      later.push_back("- {via: " + name + ", expect: {match: {text: never}, within: 50s}}");
    }
    steps.insert(steps.end(), later.begin(), later.end());
    SuiteRun run(OneScenario(server.url(), steps), options);
    const CaseResult& result = run.Result();
    ASSERT_TRUE(result.failure.has_value());
    EXPECT_THAT(result.failure->message, HasSubstr("more than 3 MiB")) << bytes.size();
    EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  }
}

TEST(Expect, FailsWithTheNearestFrameWhenNothingMatchesInTime) {
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kText, R"({"type":"order.rejected","id":"o-81"})");
        peer.Drain();
      },
      {"- expect: {match: {$.type: order.filled, $.id: o-81}, within: 100ms}"});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kEventMissing);
  ASSERT_FALSE(result.failure->notes.empty());
  EXPECT_THAT(result.failure->notes.back().text, HasSubstr("order.rejected"));
}

TEST(Close, ByTheTargetCarriesItsCodeAndReason) {
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kClose, "\x03\xF3overload");
        peer.Drain();
      },
      {"- expect: {match: {$.type: never}}"});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kClose);
  EXPECT_EQ(result.failure->evidence.close_code, 1011);
  EXPECT_EQ(result.failure->evidence.close_reason, "overload");
}

TEST(Close, CanBeWhatIsExpected) {
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kClose,
                       "\x0F\xA0"
                       "bye");
        peer.Drain();
      },
      {"- expect_close: {code: 4000, reason: bye}"});
  ExpectPassed(result);
}

TEST(Close, WithoutAFrameIs1006) {
  const CaseResult result = Connected([](ScriptedPeer&) {}, {"- expect: {match: {$.type: never}}"});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kClose);
  EXPECT_EQ(result.failure->evidence.close_code, 1006);
}

TEST(Close, OfOursWaitsForTheAnswer) {
  std::string sent;
  const CaseResult result = Connected(
      [&](ScriptedPeer& peer) {
        const ScriptedPeer::Frame frame = peer.ReadFrame();
        sent = frame.payload;
        peer.SendFrame(kClose, "\x03\xE9" + frame.payload);
        peer.Drain();
      },
      {"- ping: {within: 50ms}", "- close: {code: 4001, reason: done}"});
  // The first frame is the ping, which this server never answers.
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kClose);
}

TEST(Ping, HoldsForThePongWithItsPayloadOnly) {
  const CaseResult wrong = Connected(
      [](ScriptedPeer& peer) {
        peer.ReadFrame();
        peer.SendFrame(kPong, "something else");
        peer.Drain();
      },
      {"- ping: {within: 100ms}"});
  ASSERT_TRUE(wrong.failure.has_value());
  EXPECT_EQ(wrong.failure->failure_class, FailureClass::kDeadline);
  const CaseResult right = Connected(
      [](ScriptedPeer& peer) {
        peer.SendFrame(kPong, peer.ReadFrame().payload);
        peer.Drain();
      },
      {"- ping: {within: 60s}"});
  ExpectPassed(right);
}

TEST(Send, GoesOutAsItIsWritten) {
  std::string first, second;
  const CaseResult result = Connected(
      [&](ScriptedPeer& peer) {
        first = peer.ReadFrame().payload;
        const ScriptedPeer::Frame binary = peer.ReadFrame();
        EXPECT_EQ(binary.first, 0x82);
        second = binary.payload;
        peer.SendFrame(kText, R"({"type":"ok"})");
        peer.Drain();
      },
      {"- send: {json: {type: hello, from: \"${region}\"}}", "- send: {hex: \"00ff10\"}",
       "- expect: {match: {$.type: ok}}"});
  ExpectPassed(result);
  EXPECT_EQ(first, R"({"type":"hello","from":"eu-west-1"})");
  EXPECT_EQ(second, std::string("\x00\xFF\x10", 3));
  EXPECT_EQ(result.proof.frames_out, 2u);
}

// A peer that never reads; messages that no buffer on the way holds.
CaseResult ToADeafPeer(const std::vector<std::string>& steps, const std::string& more) {
  std::promise<void> over;
  ScriptedServer server([done = over.get_future().share()](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    done.wait();
  });
  SuiteRun::Options options;
  options.vars["big"] = std::string(4 << 20, 'x');
  std::vector<std::string> all = steps;
  all.insert(all.begin(), "- connect: {path: /, within: 60s}");
  SuiteRun run(OneScenario(server.url(), all, "vars: {big: \"\"}\n" + more), options);
  EXPECT_TRUE(run.EndsWithin(std::chrono::seconds(30)));
  over.set_value();
  return run.Result();
}

const std::string kSendUntilFull = "- repeat: {times: 50, steps: [{send: {text: \"${big}\"}}]}";

void ExpectDeadline(const CaseResult& result, const std::string& step, const std::string& words) {
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->failure_class, FailureClass::kDeadline) << result.failure->message;
  EXPECT_EQ(PhaseName(result.failure->phase), "message");
  EXPECT_THAT(result.failure->message, HasSubstr(words));
  EXPECT_EQ(result.failure->step, step);
}

TEST(Send, ThatIsNotWrittenWithinItsTimeFailsAsADeadline) {
  ExpectDeadline(ToADeafPeer({kSendUntilFull, "- ping: {}"}, "defaults: {within: 200ms}\n"), "send", "within 200ms");
}

TEST(Send, DoesNotOutliveTheDeadlineOfItsSession) {
  ExpectDeadline(ToADeafPeer({kSendUntilFull, "- ping: {}"}, "defaults: {within: 10m, deadline: 500ms}\n"), "send",
                 "its deadline of 500ms");
}

TEST(Unexpected, FramesFailTheSessionIfTheSuiteSaysSo) {
  const auto noise_then_signal = [](ScriptedPeer& peer) {
    peer.SendFrame(kText, R"({"type":"noise"})");
    peer.SendFrame(kText, R"({"type":"signal"})");
    peer.Drain();
  };
  const std::vector<std::string> steps{"- expect: {match: {$.type: signal}}"};
  ExpectPassed(Connected(noise_then_signal, steps));
  const CaseResult warned = Connected(noise_then_signal, steps, "defaults: {unexpected: warn}\n");
  ExpectPassed(warned);
  ASSERT_EQ(warned.warnings.size(), 1u);
  EXPECT_THAT(warned.warnings[0], HasSubstr("noise"));
  const CaseResult failed = Connected(noise_then_signal, steps, "defaults: {unexpected: fail}\n");
  ASSERT_TRUE(failed.failure.has_value());
  EXPECT_EQ(failed.failure->failure_class, FailureClass::kEventForbidden);
  EXPECT_THAT(failed.failure->message, HasSubstr("noise"));
}

TEST(Unexpected, CloseFailsTheSessionIfTheSuiteSaysSo) {
  const auto signal_then_close = [](ScriptedPeer& peer) {
    peer.SendFrame(kText, R"({"type":"signal"})");
    peer.SendFrame(kClose, "\x03\xE8");
    peer.Drain();
  };
  const std::vector<std::string> steps{"- expect: {match: {$.type: signal}}", "- wait: 100ms"};
  ExpectPassed(Connected(signal_then_close, steps));
  const CaseResult failed = Connected(signal_then_close, steps, "defaults: {unexpected: fail}\n");
  ASSERT_TRUE(failed.failure.has_value());
  EXPECT_EQ(failed.failure->failure_class, FailureClass::kClose);
  EXPECT_EQ(failed.failure->evidence.close_code, 1000);
}

TEST(Inbox, OfALoopOnABusyConnectionHoldsOnlyWhatIsStillLookedAt) {
  // Each round gets ten frames of noise; without a release the inbox of twenty would overflow in the third.
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        for (int round = 0; round < 10; ++round) {
          if (peer.ReadFrame().first == 0) return;
          for (int i = 0; i < 10; ++i) peer.SendFrame(kText, R"({"type":"noise"})");
          peer.SendFrame(kText, R"({"type":"answer"})");
        }
        peer.Drain();
      },
      {"- repeat:", "    times: 10", "    steps:", "      - {id: ask, send: {text: go}}",
       "      - expect: {match: {$.type: answer}, since: ask}"},
      "defaults: {inbox: {max_frames: 20}}\n");
  ExpectPassed(result);
}

TEST(Inbox, MakesRoomForTheFrameThatIsAwaitedOnABusyConnection) {
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        for (int i = 0; i < 200 && peer.SendFrame(kText, R"({"type":"noise"})"); ++i) {
        }
        peer.SendFrame(kText, R"({"type":"signal"})");
        peer.Drain();
      },
      {"- expect: {match: {$.type: signal}, within: 60s}"}, "defaults: {inbox: {max_frames: 20}}\n");
  ExpectPassed(result);
}

TEST(Inbox, DoesNotTakeAMessageOfAnySize) {
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        // A text frame that says that it has 5 MiB.
        peer.Send(std::string("\x81\x7F\0\0\0\0\0\x50\0\0", 10));
        const std::string block(1 << 16, 'x');
        for (int i = 0; i < 80 && peer.Send(block); ++i) {
        }
        peer.Drain();
      },
      {"- expect: {match: {$.type: signal}, within: 60s}"});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kInboxOverflow);
}

TEST(Inbox, ThatOverflowsFailsTheSession) {
  const CaseResult result = Connected(
      [](ScriptedPeer& peer) {
        for (int i = 0; i < 50 && peer.SendFrame(kText, R"({"type":"noise"})"); ++i) {
        }
        peer.Drain();
      },
      {"- expect: {match: {$.type: signal}, within: 60s}", "- expect: {match: {$.type: later}, within: 60s}"},
      "defaults: {inbox: {max_frames: 10}}\n");
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kInboxOverflow);
}

}  // namespace
}  // namespace wsfleet::testing
