#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/case_checks.h"
#include "tests/unit/engine/frame_heads.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// Several connections of one session, and one that is cut and made again.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Sends a number to each connection, 1 to the first, then what `script` says with it.
using NumberedScript = std::function<void(ScriptedPeer&, int number, const std::string& head)>;

class Numbered {
 public:
  explicit Numbered(NumberedScript script)
      : script_(std::move(script)), server_([this](ScriptedPeer& peer) {
          const int number = ++accepted_;
          const std::string head = peer.ReadHead();
          {
            const std::lock_guard lock(mutex_);
            heads_.push_back(head);
          }
          script_(peer, number, head);
        }) {}

  CaseResult Run(const std::vector<std::string>& steps, const std::string& more = "") {
    return SuiteRun(OneScenario(server_.url(), steps, more)).Result();
  }
  std::vector<std::string> heads() {
    const std::lock_guard lock(mutex_);
    return heads_;
  }

 private:
  NumberedScript script_;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::vector<std::string> heads_;
  ScriptedServer server_;
};

void Accept(ScriptedPeer& peer, const std::string& head) {
  peer.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            AcceptValue(KeyOf(head)) + "\r\n\r\n");
}

void SendSequence(ScriptedPeer& peer, int from, int to) {
  for (int number = from; number <= to; ++number) peer.SendFrame(kText, fmt::format(R"({{"seq":{}}})", number));
}

bool IsDrop(const Step& step) { return std::holds_alternative<DropStep>(step.action); }

TEST(Connections, OfOneSessionHaveInboxesOfTheirOwn) {
  Numbered server([](ScriptedPeer& peer, int number, const std::string& head) {
    Accept(peer, head);
    peer.SendFrame(kText, fmt::format(R"({{"to":{}}})", number));
    peer.Drain();
  });
  const CaseResult result =
      server.Run({"- connect: {as: desk, path: /desk}", "- connect: {as: phone, path: /phone}",
                  "- via: phone\n        expect: {match: {$.to: 2}}", "- via: desk\n        expect: {match: {$.to: 1}}",
                  "- via: phone\n        expect_none: {match: {$.to: 1}, for: 10ms}"});
  ExpectPassed(result);
  EXPECT_EQ(result.proof.connections, 2U);
}

TEST(Connections, AreNamedInTheTranscript) {
  Numbered server([](ScriptedPeer& peer, int, const std::string& head) {
    Accept(peer, head);
    peer.SendFrame(kText, "hello");
    peer.Drain();
  });
  const CaseResult result =
      server.Run({"- connect: {as: desk, path: /}", "- expect: {match: {text: hello}}\n        via: desk",
                  "- connect: {as: phone, path: /}", "- via: phone\n        send: {text: hi}",
                  "- via: phone\n        expect: {match: {text: never}, within: 10ms}"});
  ExpectFailure(result, FailureClass::kEventMissing, "never");
  std::set<std::string> seen;
  for (const TranscriptEntry& entry : result.failure->evidence.transcript) {
    seen.insert(entry.connection + " " + (entry.inbound ? "in " : "out ") + entry.kind);
  }
  EXPECT_THAT(seen, ::testing::IsSupersetOf({"desk out http", "desk in http", "desk in text", "phone out http",
                                             "phone in http", "phone out text", "phone in text"}));
}

TEST(Connections, OfWhichOneIsClosedFailOnlyTheStepsOnThatOne) {
  Numbered server([](ScriptedPeer& peer, int number, const std::string& head) {
    Accept(peer, head);
    if (number == 1) {
      peer.SendFrame(0x88, std::string("\x03\xF3", 2) + "gone");
    } else {
      peer.SendFrame(kText, R"({"a":1})");
    }
    peer.Drain();
  });
  const std::vector<std::string> steps{"- connect: {as: desk, path: /}", "- connect: {as: phone, path: /}",
                                       "- via: phone\n        expect: {match: {$.a: 1}}"};
  ExpectPassed(server.Run(steps));
}

TEST(Connections, AreEachJudgedForWhatWasUnexpected) {
  const auto script = [](ScriptedPeer& peer, int, const std::string& head) {
    Accept(peer, head);
    if (head.starts_with("GET /noisy")) peer.SendFrame(kText, R"({"type":"noise"})");
    peer.SendFrame(kText, R"({"type":"hello"})");
    peer.Drain();
  };
  const std::string strict = "defaults: {unexpected: fail}\n";
  Numbered server(script);
  const CaseResult result = server.Run({"- connect: {as: desk, path: /noisy}", "- connect: {as: phone, path: /}",
                                        "- via: phone\n        expect: {match: {$.type: hello}}",
                                        "- via: desk\n        expect: {match: {$.type: hello}}"},
                                       strict);
  ExpectFailed(result, FailureClass::kEventForbidden, "noise");
}

TEST(Connections, AreAllClosedWhenTheSessionEnds) {
  std::atomic<int> closed = 0;
  Numbered server([&](ScriptedPeer& peer, int, const std::string& head) {
    Accept(peer, head);
    peer.SendFrame(kText, "hello");
    const auto frame = peer.ReadFrame();
    if (frame.first == 0x88) ++closed;
    peer.SendFrame(0x88, frame.payload);
    peer.Drain();
  });
  ExpectPassed(server.Run({"- connect: {as: desk, path: /}", "- connect: {as: phone, path: /}",
                           "- via: desk\n        expect: {match: {text: hello}}"}));
  EXPECT_EQ(closed, 2);
}

// No valid suite does; a plan of another version may.
TEST(Connections, ThatAreOpenAreNotOpenedAgainAndNothingHangs) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    peer.SendFrame(0x8A, peer.ReadFrame().payload);
    peer.Drain();
  });
  for (const std::string again : {"- connect: {path: /}", "- reconnect: {}"}) {
    SuiteRun::Options options;
    options.change = [](Suite& suite) { std::erase_if(suite.scenarios.front().steps, IsDrop); };
    SuiteRun run(OneScenario(server.url(), {"- connect: {path: /}", "- ping: {}", "- drop: {}", again, "- ping: {}"}),
                 options);
    ASSERT_TRUE(run.EndsWithin(std::chrono::seconds(30))) << again;
    EXPECT_EQ(run.Result().outcome, Outcome::kInconclusive);
    ASSERT_TRUE(run.Result().failure);
    EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kConfig);
    EXPECT_THAT(run.Result().failure->message, HasSubstr("\"main\" is still open"));
  }
}

TEST(Drop, CutsTcpWithoutACloseFrame) {
  std::atomic<int> frames = 0;
  Numbered server([&](ScriptedPeer& peer, int, const std::string& head) {
    Accept(peer, head);
    peer.SendFrame(kText, "hello");
    while (peer.ReadFrame().first != 0) ++frames;
  });
  const CaseResult result = server.Run({"- connect: {path: /}", "- expect: {match: {text: hello}}", "- drop: {}"},
                                       "defaults: {unexpected: fail}\n");
  ExpectPassed(result);
  EXPECT_EQ(frames, 0);
}

TEST(Reconnect, DoesTheSameConnectAgainWithWhatItAdds) {
  Numbered server([](ScriptedPeer& peer, int number, const std::string& head) {
    Accept(peer, head);
    peer.SendFrame(kText, fmt::format(R"({{"number":{}}})", number));
    peer.Drain();
  });
  const CaseResult result = server.Run(
      {"- connect: {path: /chat, query: {room: a}, headers: {X-One: \"1\", X-Two: \"2\"}}",
       "- expect: {match: {$.number: 1}}", "- drop: {}",
       "- reconnect: {query: {resume: \"7\"}, headers: {x-two: other}}", "- expect: {match: {$.number: 2}}"});
  ExpectPassed(result);
  EXPECT_EQ(result.proof.connections, 2U);
  const std::vector<std::string> heads = server.heads();
  ASSERT_EQ(heads.size(), 2U);
  EXPECT_THAT(heads[1], HasSubstr("GET /chat?room=a&resume=7 "));
  EXPECT_THAT(heads[1], HasSubstr("X-One: 1"));
  EXPECT_THAT(heads[1], HasSubstr("x-two: other"));
  EXPECT_THAT(heads[1], Not(HasSubstr("X-Two")));
}

TEST(Reconnect, DoesNotHideWhatWasUnexpectedOnTheConnectionBefore) {
  const std::vector<std::string> steps{"- connect: {path: /}", "- ping: {}",      "- http: {get: /}",
                                       "- drop: {}",           "- reconnect: {}", "- ping: {}"};
  const auto run = [&](std::uint8_t first, const std::string& payload) {
    std::promise<void> seen;
    Numbered server([&](ScriptedPeer& peer, int number, const std::string& head) {
      if (number == 2) {
        seen.get_future().wait();
        peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      Accept(peer, head);
      const std::string ping = peer.ReadFrame().payload;
      if (number == 1 && first == kText) peer.SendFrame(first, payload);
      peer.SendFrame(0x8A, ping);
      if (number == 1 && first == kText) seen.set_value();
      if (number == 1 && first != kText) {
        peer.SendFrame(first, payload);
        peer.ReadFrame();  // the agent's answer: it has seen the close
        seen.set_value();
      }
      peer.Drain();
    });
    return server.Run(steps, "defaults: {unexpected: fail}\n");
  };
  ExpectFailed(run(0x88, std::string("\x03\xF3", 2)), FailureClass::kClose, "closed with 1011");
  ExpectFailed(run(kText, "noise"), FailureClass::kEventForbidden, "noise");
}

TEST(Reconnect, ReplacesTheParametersOfTheSameName) {
  Numbered server([](ScriptedPeer& peer, int, const std::string& head) {
    Accept(peer, head);
    peer.SendFrame(kText, "hello");
    peer.Drain();
  });
  ExpectPassed(server.Run({"- connect: {path: \"/?from=1&x=2\", query: {\"a b\": c, keep: d}}", "- drop: {}",
                           "- reconnect: {query: {from: \"7\", \"a b\": e}}", "- expect: {match: {text: hello}}"}));
  EXPECT_THAT(server.heads().back(), HasSubstr("GET /?x=2&keep=d&from=7&a%20b=e "));
}

TEST(Reconnect, MintsANewToken) {
  Numbered server([](ScriptedPeer& peer, int, const std::string& head) {
    Accept(peer, head);
    peer.SendFrame(kText, "hello");
    peer.Drain();
  });
  const CaseResult result = server.Run(
      {"- connect: {path: /, auth: user}", "- drop: {}", "- reconnect: {}", "- expect: {match: {text: hello}}"},
      "auth: {user: {token: \"t-${uuid}\"}}\n");
  ExpectPassed(result);
  const std::vector<std::string> heads = server.heads();
  ASSERT_EQ(heads.size(), 2U);
  const auto token = [](const std::string& head) { return head.substr(head.find("Bearer t-"), 45); };
  EXPECT_NE(token(heads[0]), token(heads[1]));
}

TEST(Reconnect, TriesAsOftenAsItMayAndFailsAsTheLastTime) {
  const auto refuse_until = [](int good) {
    return [good](ScriptedPeer& peer, int number, const std::string& head) {
      if (number == 1 || number >= good) {
        Accept(peer, head);
        peer.SendFrame(kText, R"({"a":1})");
        peer.Drain();
        return;
      }
      peer.Send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    };
  };
  const std::vector<std::string> steps{"- connect: {path: /}", "- drop: {}", "- reconnect: {attempts: 3, backoff: 1ms}",
                                       "- expect: {match: {$.a: 1}}"};
  Numbered third(refuse_until(4));
  ExpectPassed(third.Run(steps));
  Numbered never(refuse_until(5));
  ExpectFailed(never.Run(steps), FailureClass::kUpgradeRefused5xx, "503 Busy");
  EXPECT_EQ(never.heads().size(), 4U);
}

TEST(Sequences, GoOnAcrossAReconnectThatNamesTheLastNumber) {
  Numbered server([](ScriptedPeer& peer, int number, const std::string& head) {
    Accept(peer, head);
    if (number == 1) SendSequence(peer, 1, 3);
    if (number == 2) SendSequence(peer, 4, 6);
    peer.Drain();
  });
  ExpectPassed(
      server.Run({"- connect: {path: /, sequence: {path: $.seq, as: last}}", "- expect: {match: {$.seq: 3}}",
                  "- drop: {}", "- reconnect: {query: {after: \"${last}\"}}", "- expect: {match: {$.seq: 6}}"}));
  EXPECT_THAT(server.heads().back(), HasSubstr("GET /?after=3 "));
}

TEST(Sequences, FailAtOnceAtAGapADuplicateAndANumberFromBefore) {
  const auto run = [](int second_from, const std::string& more = "") {
    Numbered server([second_from](ScriptedPeer& peer, int number, const std::string& head) {
      Accept(peer, head);
      SendSequence(peer, number == 1 ? 5 : second_from, number == 1 ? 7 : second_from);
      peer.Drain();
    });
    return server.Run({"- connect: {path: /, sequence: {path: $.seq" + more + "}}", "- expect: {match: {$.seq: 7}}",
                       "- drop: {}", "- reconnect: {}", "- expect: {match: {$.never: 1}, within: 1h}"},
                      "defaults: {deadline: 20s}\n");
  };
  ExpectFailed(run(9), FailureClass::kEventMissing, "expected 8");
  ExpectFailed(run(6), FailureClass::kEventDuplicate, "$.seq 6 again");
  ExpectFailed(run(4), FailureClass::kEventOrder, "before the first");
  // A gap in the very frame that the last step waits for.
  Numbered gap([](ScriptedPeer& peer, int, const std::string& head) {
    Accept(peer, head);
    SendSequence(peer, 1, 2);
    SendSequence(peer, 4, 4);
    peer.Drain();
  });
  ExpectFailed(gap.Run({"- connect: {path: /, sequence: {path: $.seq}}", "- expect: {match: {$.seq: 4}}"}),
               FailureClass::kEventMissing, "expected 3");
  const CaseResult result = run(9);
  EXPECT_EQ(result.failure->range.line, 8U);  // the sequence's path
  EXPECT_THAT(result.failure->evidence.transcript, Not(::testing::IsEmpty()));
}

}  // namespace
}  // namespace wsfleet::testing
