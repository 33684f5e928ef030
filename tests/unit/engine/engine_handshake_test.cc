#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// What the engine makes of the answer to an upgrade.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::vector<std::string> kConnect{"- connect: {path: /ws}", "- ping: {}"};

// Runs one handshake against a server that answers with these bytes and closes.
CaseResult Answered(const std::string& bytes, const std::vector<std::string>& steps = kConnect) {
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send(bytes);
  });
  return SuiteRun(OneScenario(server.url(), steps)).Result();
}

TEST(Upgrade, ThatIsRefusedReportsStatusReasonAndBody) {
  const CaseResult result =
      Answered("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 18\r\n\r\n{\"detail\":\"broken\"}");
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.failure->failure_class, FailureClass::kUpgradeRefused5xx);
  EXPECT_EQ(result.failure->phase, Phase::kUpgrade);
  EXPECT_EQ(result.failure->evidence.status, 500u);
  EXPECT_EQ(result.failure->evidence.status_reason, "Internal Server Error");
  EXPECT_THAT(result.failure->evidence.body_excerpt, HasSubstr("broken"));
  EXPECT_EQ(result.failure->range.line, 7u);
}

TEST(Upgrade, IsInTheTranscriptWithTheBytesThatWentOverTheWire) {
  std::string sent, answered;
  CaseResult result;
  {
    ScriptedServer server([&](ScriptedPeer& peer) {
      sent = peer.ReadHead();
      answered =
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: " +
          AcceptValue(KeyOf(sent)) + "\r\nX-Padding: 0123456789\r\n\r\n";
      peer.Send(answered);
      peer.SendFrame(0x81, "hello");
      peer.Drain();
    });
    result =
        SuiteRun(OneScenario(server.url(), {"- connect: {path: /ws}", "- expect: {match: {text: bye}, within: 50ms}"}))
            .Result();
  }
  ASSERT_TRUE(result.failure.has_value());
  const auto& transcript = result.failure->evidence.transcript;
  ASSERT_THAT(transcript, SizeIs(3));
  EXPECT_FALSE(transcript[0].inbound);
  EXPECT_EQ(transcript[0].excerpt, "GET /ws (upgrade)");
  EXPECT_EQ(transcript[0].bytes, sent.size());
  EXPECT_GE(transcript[0].at, *result.proof.timings.connect) << "it is written once TCP is there";
  EXPECT_TRUE(transcript[1].inbound);
  EXPECT_EQ(transcript[1].excerpt, "101 Switching Protocols");
  EXPECT_EQ(transcript[1].bytes, answered.size());
  EXPECT_EQ(transcript[2].bytes, 5u);
}

TEST(Upgrade, ThatIsRefusedIsInTheTranscriptWithItsBody) {
  const std::string answer = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nsorry";
  const CaseResult result = Answered(answer);
  ASSERT_TRUE(result.failure.has_value());
  ASSERT_THAT(result.failure->evidence.transcript, SizeIs(2));
  EXPECT_EQ(result.failure->evidence.transcript[1].bytes, answer.size());
}

TEST(Http, IsInTheTranscriptWithTheBytesThatWentOverTheWire) {
  std::string sent;
  const std::string answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry";
  CaseResult result;
  {
    ScriptedServer server([&](ScriptedPeer& peer) {
      sent = peer.ReadHead();
      peer.Send(answer);
    });
    result =
        SuiteRun(OneScenario(server.url(), {"- http: {post: /token, text: question, expect: {status: 200}}"})).Result();
  }
  ASSERT_TRUE(result.failure.has_value());
  const auto& transcript = result.failure->evidence.transcript;
  ASSERT_THAT(transcript, SizeIs(2));
  EXPECT_EQ(transcript[0].excerpt, "POST /token");
  EXPECT_EQ(transcript[0].bytes, sent.size() + std::string("question").size());
  EXPECT_EQ(transcript[1].bytes, answer.size());
}

TEST(Upgrade, WithoutTlsHoldsForATestThatThereIsNone) {
  const auto run = [](const std::string& test) {
    ScriptedServer server([](ScriptedPeer& peer) {
      peer.AcceptUpgrade();
      peer.Drain();
    });
    return SuiteRun(OneScenario(server.url(), {"- connect: {path: /, expect: {tls: {version: " + test + "}}}"}))
        .Result();
  };
  EXPECT_EQ(run("{exists: false}").outcome, Outcome::kPassed);
  const CaseResult failed = run("tls1.3");
  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(failed.failure->failure_class, FailureClass::kAssertion);
  EXPECT_THAT(failed.failure->message, HasSubstr("found nothing"));
}

TEST(Upgrade, KeepsTheStatusOfARefusalWhoseBodyIsCutShort) {
  const CaseResult result = Answered("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1000\r\n\r\nmain");
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kUpgradeRefused5xx);
  EXPECT_EQ(result.failure->evidence.status, 503u);
  EXPECT_EQ(result.failure->evidence.body_excerpt, "main");
}

TEST(Upgrade, IsClassifiedByTheStatusThatAnswersIt) {
  const std::pair<const char*, FailureClass> kAnswers[] = {
      {"200 OK", FailureClass::kNotAWebSocket},
      {"302 Found\r\nLocation: /login", FailureClass::kNotAWebSocket},
      {"400 Bad Request", FailureClass::kUpgradeRefused4xx},
      {"401 Unauthorized", FailureClass::kAuth},
      {"403 Forbidden", FailureClass::kAuth},
      {"404 Not Found", FailureClass::kUpgradeRefused4xx},
      {"426 Upgrade Required", FailureClass::kUpgradeRefused4xx},
      {"502 Bad Gateway", FailureClass::kUpgradeRefused5xx},
      {"504", FailureClass::kUpgradeRefused5xx},
  };
  for (const auto& [line, expected] : kAnswers) {
    const CaseResult result = Answered(std::string("HTTP/1.1 ") + line + "\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(result.failure.has_value()) << line;
    EXPECT_EQ(result.failure->failure_class, expected) << line;
    EXPECT_EQ(result.failure->phase, Phase::kUpgrade) << line;
  }
}

TEST(Upgrade, IsNoWebSocketIfThe101BreaksRfc6455) {
  const char* const kBroken[] = {
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
      "Upgrade: websocket\r\nConnection: Upgrade\r\n",
      "Connection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
      "Upgrade: websocket\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
  };
  for (const char* const headers : kBroken) {
    const CaseResult result = Answered(std::string("HTTP/1.1 101 Switching Protocols\r\n") + headers + "\r\n");
    ASSERT_TRUE(result.failure.has_value()) << headers;
    EXPECT_EQ(result.failure->failure_class, FailureClass::kProtocol) << headers;
    EXPECT_EQ(result.failure->phase, Phase::kUpgrade) << headers;
  }
}

TEST(Upgrade, IsNoWebSocketIfThe101BreaksHttp) {
  const std::string begin = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  const auto answered = [&](const std::string& end, const std::string& line_end) {
    ScriptedServer server([&](ScriptedPeer& peer) {
      std::string head = begin + "Sec-WebSocket-Accept: " + AcceptValue(KeyOf(peer.ReadHead())) + "\r\n" + end + "\r\n";
      for (std::size_t at = 0; line_end == "\n" && (at = head.find('\r')) != std::string::npos;) head.erase(at, 1);
      peer.Send(head);
      peer.Drain();
    });
    return SuiteRun(OneScenario(server.url(), kConnect, "defaults: {within: 60s, phases: {upgrade: 60s}}\n")).Result();
  };
  for (const auto& [end, words] :
       std::vector<std::pair<std::string, std::string>>{{"Transfer-Encoding: chunked\r\n", "Transfer-Encoding"},
                                                        {"X A : b\r\n", "\"X A : b\""},
                                                        {"X-A: b\r\n folded\r\n", "folded"},
                                                        {"nothing\r\n", "\"nothing\""}}) {
    const CaseResult result = answered(end, "\r\n");
    ASSERT_TRUE(result.failure.has_value()) << end;
    EXPECT_EQ(result.failure->failure_class, FailureClass::kProtocol);
    EXPECT_THAT(result.failure->message, HasSubstr(words));
  }
  const CaseResult bare = answered("", "\n");
  ASSERT_TRUE(bare.failure.has_value());
  EXPECT_EQ(bare.failure->failure_class, FailureClass::kProtocol) << bare.failure->message;
}

TEST(Upgrade, MayFollowInterimAnswers) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.Send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n");
    peer.AcceptUpgrade();
    peer.SendFrame(0x8A, peer.ReadFrame().payload);
    peer.Drain();
  });
  SuiteRun run(OneScenario(server.url(), kConnect));
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
}

TEST(Upgrade, MayNotChooseASubprotocolThatWasNotOffered) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.AcceptUpgrade("Sec-WebSocket-Protocol: chat.v9\r\n");
    peer.Drain();
  });
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /ws, subprotocols: [chat.v1]}", "- ping: {}"}));
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kProtocol);
  EXPECT_THAT(run.Result().failure->message, HasSubstr("chat.v9"));
}

TEST(Upgrade, ThatIsNotAnsweredWithHttpIsAProtocolError) {
  const CaseResult result = Answered("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kProtocol);
  EXPECT_EQ(result.failure->phase, Phase::kUpgrade);
}

TEST(Upgrade, ThatIsNotAnsweredAtAllIsTcp) {
  const CaseResult result = Answered("");
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kTcp);
  EXPECT_EQ(result.failure->phase, Phase::kUpgrade);
}

TEST(Upgrade, EndsAtItsCapWhenTheTargetIsSilent) {
  ScriptedServer server([](ScriptedPeer& peer) { peer.Drain(); });
  SuiteRun run(OneScenario(server.url(), kConnect, "defaults: {phases: {upgrade: 100ms}}\n"));
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kDeadline);
  EXPECT_EQ(run.Result().failure->phase, Phase::kUpgrade);
}

TEST(Upgrade, CutsATargetOffThatSendsAHeadWithoutEnd) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 101 Switching Protocols\r\n");
    const std::string line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
    while (peer.Send(line)) {
    }
  });
  SuiteRun run(OneScenario(server.url(), kConnect));
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kConfig);
  EXPECT_LT(run.Result().proof.bytes_in, std::uint64_t{4} << 20);
}

TEST(Connect, ToAClosedPortFailsInItsPhaseWithTheAddress) {
  std::uint16_t port = 0;
  {
    port = ScriptedServer([](ScriptedPeer&) {}).port();
  }
  SuiteRun run(OneScenario("ws://127.0.0.1:" + std::to_string(port), kConnect));
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kTcp);
  EXPECT_EQ(run.Result().failure->phase, Phase::kConnect);
  EXPECT_THAT(run.Result().failure->message, HasSubstr("127.0.0.1:" + std::to_string(port)));
  EXPECT_THAT(run.Result().proof.attempts, Not(IsEmpty()));
}

TEST(Connect, ToANameThatDoesNotExistFailsInResolve) {
  SuiteRun run(OneScenario("ws://does-not-exist.invalid:1", kConnect));
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->phase, Phase::kResolve);
}

TEST(Connect, SendsHostTokenQueryAndTraceContext) {
  std::string head;
  ScriptedServer server([&](ScriptedPeer& peer) {
    head = peer.AcceptUpgrade();
    peer.SendFrame(0x8A, peer.ReadFrame().payload);
    peer.Drain();
  });
  {
    SuiteRun run(
        OneScenario(server.url(),
                    {"- connect: {path: \"/ws?a=1\", auth: me, query: {room: \"blue & green\"}}", "- ping: {}"},
                    "auth: {me: {token: \"${secret.KEY}\"}}\n"),
        {.secrets = {{"KEY", "a-very-secret-token"}}});
    EXPECT_EQ(run.Result().outcome, Outcome::kPassed) << run.Result().failure->message;
    EXPECT_EQ(run.Result().proof.connections, 1u);
    EXPECT_EQ(run.Result().proof.peer_address, "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_GT(run.Result().proof.bytes_in, 100u);
    EXPECT_TRUE(run.Result().proof.timings.upgrade.has_value());
  }
  EXPECT_THAT(head, HasSubstr("GET /ws?a=1&room=blue%20%26%20green HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("Authorization: Bearer a-very-secret-token\r\n"));
  EXPECT_THAT(head, HasSubstr("traceparent: 00-"));
}

TEST(Connect, PutsATokenWhereTheCredentialSays) {
  const std::pair<const char*, const char*> kPlaces[] = {
      {"in: cookie, param: session", "Cookie: session=a-very-secret-token\r\n"},
      {"in: query, param: access", "GET /ws?access=a-very-secret-token HTTP/1.1\r\n"},
      {"in: header, param: X-Token, format: \"Key {token}\"", "X-Token: Key a-very-secret-token\r\n"},
      {"in: subprotocol, format: \"jwt.{token}\"", "Sec-WebSocket-Protocol: chat.v1, jwt.a-very-secret-token\r\n"},
  };
  for (const auto& [place, expected] : kPlaces) {
    std::string head;
    ScriptedServer server([&](ScriptedPeer& peer) {
      head = peer.AcceptUpgrade(std::string(place).starts_with("in: sub") ? "Sec-WebSocket-Protocol: chat.v1\r\n" : "");
      peer.SendFrame(0x8A, peer.ReadFrame().payload);
      peer.Drain();
    });
    SuiteRun run(OneScenario(server.url(),
                             {std::string("- connect: {path: /ws, auth: me") +
                                  (std::string(place).starts_with("in: sub") ? ", subprotocols: [chat.v1]}" : "}"),
                              "- ping: {}"},
                             std::string("auth: {me: {token: \"${secret.KEY}\", ") + place + "}}\n"),
                 {.secrets = {{"KEY", "a-very-secret-token"}}});
    EXPECT_EQ(run.Result().outcome, Outcome::kPassed)
        << place << (run.Result().failure ? run.Result().failure->message : "");
    EXPECT_THAT(head, HasSubstr(expected)) << place;
  }
}

TEST(Connect, IsRefusedWhereACloudKeepsItsCredentials) {
  for (const char* host : {"169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200"}) {
    SuiteRun run(OneScenario(std::string("\"ws://") + host + "/\"", kConnect));
    ASSERT_TRUE(run.Result().failure.has_value()) << host;
    EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kGuard) << host;
    EXPECT_EQ(run.Result().outcome, Outcome::kInconclusive) << host;
    EXPECT_EQ(run.Result().proof.bytes_out, 0u) << host;
  }
}

TEST(Connect, DoesNotSendAHeaderThatWouldBeTwo) {
  ScriptedServer server([](ScriptedPeer& peer) { peer.AcceptUpgrade(); });
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /, headers: {X-A: \"a\\r\\nX-Evil: 1\"}}", "- ping: {}"}));
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kConfig);
  EXPECT_THAT(run.Result().failure->message, HasSubstr("X-A"));
  EXPECT_EQ(server.connections(), 0);
}

TEST(Http, SendsTheHeadersOfTheTarget) {
  std::string head;
  ScriptedServer server([&](ScriptedPeer& peer) {
    head = peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  {
    SuiteRun run("version: wsfleet/v1\nname: test\ntargets: {here: {url: \"" + server.url() +
                 "\", headers: {X-Team: chat}}}\ntarget: here\nscenarios:\n  - name: one\n"
                 "    steps: [{http: {get: /health, expect: {status: 200}}}]\n");
    EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
  }
  EXPECT_THAT(head, HasSubstr("X-Team: chat\r\n"));
}

TEST(Evidence, NeverHoldsTheTokenThatWasSent) {
  ScriptedServer server([](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    peer.Send("HTTP/1.1 500 Oops\r\nContent-Length: " + std::to_string(head.size()) + "\r\n\r\n" + head);
  });
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /ws, auth: me}", "- ping: {}"},
                           "auth: {me: {token: \"${secret.KEY}\"}}\n"),
               {.secrets = {{"KEY", "a-very-secret-token"}}});
  ASSERT_TRUE(run.Result().failure.has_value());
  const std::string all = run.Result().failure->evidence.body_excerpt;
  EXPECT_THAT(all, HasSubstr("Authorization"));
  EXPECT_THAT(all, Not(HasSubstr("a-very-secret-token")));
}

}  // namespace
}  // namespace wsfleet::testing
