#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "boost/asio/buffer.hpp"
#include "boost/beast/zlib/deflate_stream.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/case_checks.h"
#include "tests/unit/engine/frame_heads.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// Compressed and fragmented messages, and control frames of ours.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Accepts the upgrade with these extensions, then does what `script` says.
CaseResult AfterCompressedConnect(const std::string& extensions, const std::function<void(ScriptedPeer&)>& script,
                                  const std::vector<std::string>& steps) {
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.AcceptUpgrade(extensions.empty() ? "" : "Sec-WebSocket-Extensions: " + extensions + "\r\n");
    script(peer);
  });
  return SuiteRun(OneScenario(server.url(), steps)).Result();
}

const std::string kCompressedConnect = "- connect: {path: /, compress: true}";

TEST(Compression, OfWhatArrivesIsUndone) {
  // RFC 7692, 7.2.3.1 and 7.2.3.2: "Hello", and again with the window of the first.
  const CaseResult result = AfterCompressedConnect(
      "permessage-deflate",
      [](ScriptedPeer& peer) {
        peer.SendFrame(kCompressed, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7));
        peer.SendFrame(kCompressed, std::string("\xf2\x00\x11\x00\x00", 5));
        peer.Drain();
      },
      {kCompressedConnect, "- expect: {match: {text: Hello}}", "- expect: {match: {text: Hello}}"});
  ExpectPassed(result);
}

TEST(Compression, ThatIsAgreedOtherwiseThanExpectedFails) {
  const auto agreed = [](const std::string& expected) {
    return AfterCompressedConnect("permessage-deflate; server_no_context_takeover",
                                  [](ScriptedPeer& peer) { peer.Drain(); },
                                  {"- connect: {path: /, compress: true, expect: {compress: " + expected + "}}"});
  };
  ExpectPassed(agreed("{server_no_context_takeover: true}"));
  ExpectFailed(agreed("{server_no_context_takeover: false}"), FailureClass::kAssertion,
               "expected no server_no_context_takeover");
}

TEST(Compression, OfWhatIsSentCanBeUndone) {
  std::uint8_t first = 0;
  std::size_t bytes = 0;
  const std::string text(10'000, 'a');
  const CaseResult result = AfterCompressedConnect(
      "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
      [&](ScriptedPeer& peer) {
        const ScriptedPeer::Frame frame = peer.ReadFrame();
        first = frame.first;
        bytes = frame.payload.size();
        peer.SendFrame(kCompressed, frame.payload);  // what we compressed, we can expand
        peer.Drain();
      },
      {kCompressedConnect, "- send: {text: " + text + "}", "- expect: {match: {text: " + text + "}}"});
  ExpectPassed(result);
  EXPECT_EQ(first, kCompressed);
  EXPECT_LT(bytes, 200U);
}

TEST(Compression, IsOfferedOnlyWhereItIsAskedFor) {
  std::string with, without;
  const auto head = [](const std::string& connect, std::string& out) {
    ScriptedServer server([&](ScriptedPeer& peer) {
      out = peer.AcceptUpgrade();
      peer.Drain();
    });
    SuiteRun(OneScenario(server.url(), {connect, "- close: {}"}, "")).Results();
  };
  head("- connect: {path: /, compress: {server_max_window_bits: 12}, expect: {compress: false}}", with);
  head("- connect: {path: /, expect: {compress: false}}", without);
  EXPECT_THAT(with, HasSubstr("permessage-deflate; server_max_window_bits=12; client_max_window_bits\r\n"));
  EXPECT_THAT(without, ::testing::Not(HasSubstr("permessage-deflate")));
}

TEST(Compression, IsJudgedByWhatTheAnswerAgreesTo) {
  const auto run = [](const std::string& extensions, const std::string& expect) {
    return AfterCompressedConnect(
        extensions, [](ScriptedPeer& peer) { peer.Drain(); },
        {"- connect: {path: /, compress: true, expect: {compress: " + expect + "}}", "- close: {}"});
  };
  ExpectPassed(run("permessage-deflate; server_max_window_bits=12", "{server_max_window_bits: 12}"));
  ExpectPassed(run("permessage-deflate", "{server_max_window_bits: 15}"));
  ExpectFailed(run("permessage-deflate; server_max_window_bits=11", "{server_max_window_bits: 12}"),
               FailureClass::kAssertion, "found server_max_window_bits=11");
  ExpectFailed(run("", "true"), FailureClass::kAssertion, "found no compression");
  ExpectFailed(run("permessage-deflate; level=9", "true"), FailureClass::kProtocol, "level");
}

TEST(Compression, OfASmallFrameCannotHideAMessageOfAnySize) {
  // 64 MiB of zeros, in some 64 KiB.
  std::string bomb(1 << 20, '\0'), packed(1 << 18, '\0');
  boost::beast::zlib::deflate_stream stream;
  boost::beast::zlib::z_params at;
  at.next_out = packed.data();
  at.avail_out = packed.size();
  for (int i = 0; i < 64; ++i) {
    at.next_in = bomb.data();
    at.avail_in = bomb.size();
    boost::system::error_code error;
    stream.write(at, boost::beast::zlib::Flush::sync, error);
    ASSERT_FALSE(error);
  }
  packed.resize(packed.size() - at.avail_out - 4);  // without the empty block (RFC 7692, 7.2.1)
  const CaseResult result = AfterCompressedConnect("permessage-deflate",
                                                   [&](ScriptedPeer& peer) {
                                                     peer.SendFrame(kCompressed, packed);
                                                     peer.Drain();
                                                   },
                                                   {kCompressedConnect, "- expect: {match: {text: never}}"});
  ExpectFailed(result, FailureClass::kInboxOverflow, "more than");
}

TEST(Compression, ThatIsNoneBreaksTheProtocol) {
  const auto send = [](const std::string& extensions, const std::string& payload) {
    return AfterCompressedConnect(extensions,
                                  [&](ScriptedPeer& peer) {
                                    peer.SendFrame(kCompressed, payload);
                                    peer.Drain();
                                  },
                                  {kCompressedConnect, "- expect: {match: {text: never}}"});
  };
  ExpectFailed(send("permessage-deflate", "\xff\xff\xff\xff not deflate"), FailureClass::kProtocol, "");
  ExpectFailed(send("", std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)), FailureClass::kProtocol, "");
}

TEST(Fragments, OfAMessageAreAsManyFramesAsTheSuiteSays) {
  std::vector<int> firsts;
  std::string whole;
  const CaseResult result = AfterCompressedConnect(
      "",
      [&](ScriptedPeer& peer) {
        ScriptedPeer::Frame frame;
        do {
          frame = peer.ReadFrame();
          firsts.push_back(frame.first);
          whole += frame.payload;
        } while ((frame.first & 0x80) == 0);
        peer.SendFrame(kText, "ok");
        peer.Drain();
      },
      {"- connect: {path: /}", "- send: {text: abcdefg, fragments: 3}", "- expect: {match: {text: ok}}"});
  ExpectPassed(result);
  EXPECT_THAT(firsts, ElementsAre(0x01, 0x00, 0x80));
  EXPECT_EQ(whole, "abcdefg");
}

TEST(Fragments, OfALargeMessageAreOneWhereTheSuiteSaysNothing) {
  std::uint8_t first = 0;
  std::size_t bytes = 0;
  const std::string text(100'000, 'x');
  ExpectPassed(AfterCompressedConnect(
      "",
      [&](ScriptedPeer& peer) {
        const ScriptedPeer::Frame frame = peer.ReadFrame();
        first = frame.first;
        bytes = frame.payload.size();
        peer.SendFrame(kText, "ok");
        peer.Drain();
      },
      {"- connect: {path: /}", "- send: {text: " + text + "}", "- expect: {match: {text: ok}}"}));
  EXPECT_EQ(first, kText);
  EXPECT_EQ(bytes, text.size());
}

TEST(Pong, OfOursNeedsNoPing) {
  ScriptedPeer::Frame pong;
  ExpectPassed(AfterCompressedConnect(
      "",
      [&](ScriptedPeer& peer) {
        pong = peer.ReadFrame();
        peer.SendFrame(kText, "ok");
        peer.Drain();
      },
      {"- connect: {path: /}", "- send: {opcode: pong, text: unasked}", "- expect: {match: {text: ok}}"}));
  EXPECT_EQ(pong.first, 0x8A);
  EXPECT_EQ(pong.payload, "unasked");
}

TEST(Pings, OfTheTargetCanBeWhatIsExpected) {
  ExpectPassed(AfterCompressedConnect(
      "",
      [](ScriptedPeer& peer) {
        peer.SendFrame(0x89, "alive?");
        EXPECT_EQ(peer.ReadFrame().first, 0x8A);
        peer.SendFrame(kClose, std::string("\x03\xE9", 2));
        peer.Drain();
      },
      {"- connect: {path: /}", "- expect: {match: {opcode: ping, text: \"alive?\"}}", "- expect_close: {code: 1001}"}));
}

TEST(Compression, OfABlockThatIsMarkedAsTheLastIsNoBreachOfTheTarget) {
  // RFC 7692, 7.2.3.4.
  const CaseResult result =
      AfterCompressedConnect("permessage-deflate",
                             [](ScriptedPeer& peer) {
                               peer.SendFrame(kCompressed, std::string("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8));
                               peer.Drain();
                             },
                             {kCompressedConnect, "- expect: {match: {text: Hello}}"});
  EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->failure_class, FailureClass::kConfig);
  EXPECT_THAT(result.failure->message, HasSubstr("BFINAL"));
  EXPECT_TRUE(result.failure->beyond_limit) << "no setting was wrong";
}

TEST(Compression, OfAMessageThatCannotBeExpandedIsNoCloseThatARefusalMayBe) {
  const CaseResult result =
      AfterCompressedConnect("permessage-deflate",
                             [](ScriptedPeer& peer) {
                               peer.SendFrame(kCompressed, std::string("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8));
                               peer.Drain();
                             },
                             {"- connect: {path: /, compress: true, refused: {close: {gte: 1000}}}"});
  ExpectFailed(result, FailureClass::kNotRefused, "");
}

TEST(Ping, IsAnsweredHoweverManyCameBefore) {
  std::set<std::string> masks;
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    // Pongs that nobody has asked for are a heart beat.
    for (int i = 0; i < 50; ++i) peer.SendFrame(kPong, "alive " + std::to_string(i));
    // A head of two bytes, the mask, sixteen hexadecimal digits.
    for (std::string frame = peer.Read(22); !frame.empty() && static_cast<std::uint8_t>(frame[0]) == kPing;
         frame = peer.Read(22)) {
      masks.insert(frame.substr(2, 4));
      std::string payload = frame.substr(6);
      for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ frame[2 + i % 4]);
      peer.SendFrame(kPong, payload);
    }
  });
  ExpectPassed(
      SuiteRun(OneScenario(server.url(), {"- connect: {path: /}", "- repeat: {times: 1100, steps: [{ping: {}}]}"}))
          .Result());
  // RFC 6455, 5.3: a new one for each frame. Of 1100 words of 32 bits, two may be the same by chance.
  EXPECT_GE(masks.size(), 1098u);
}

TEST(Upgrade, HasAKeyOfItsOwnOnEachConnection) {
  std::mutex mutex;
  std::set<std::string> keys;
  ScriptedServer server([&](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    {
      const std::lock_guard lock(mutex);
      keys.insert(KeyOf(head));
    }
    peer.Send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  });
  SuiteRun run(
      "version: wsfleet/v1\nname: s\ntarget: " + server.url() +
      "\nscenarios:\n  - {name: one, concurrent: 40, steps: [{connect: {path: /, refused: {status: 503}}}]}\n");
  EXPECT_EQ(run.Result().sessions, 40u);
  EXPECT_EQ(keys.size(), 40u);
}

TEST(Headers, ThatAreTooLargeToBeSentAreTheSuitesFaultAndOthersGoOn) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.AcceptUpgrade();
    peer.SendFrame(kText, "{\"big\":\"" + std::string(40'000, '9') + "\"}");
    peer.Drain();
  });
  const std::string suite = "version: wsfleet/v1\nname: s\ntarget: " + server.url() +
                            "\nscenarios:\n"
                            "  - name: large\n"
                            "    steps:\n"
                            "      - connect: {path: /, as: source}\n"
                            "      - {via: source, expect: {match: {$.big: {exists: true}}, capture: {big: $.big}}}\n"
                            "      - connect: {path: /, headers: {X-Big: \"${big}${big}\"}}\n"
                            "      - ping: {}\n"
                            "  - name: next\n"
                            "    steps:\n"
                            "      - connect: {path: /}\n"
                            "      - expect: {match: {$.big: {exists: true}}}\n";
  SuiteRun run(suite);
  const std::vector<CaseResult>& results = run.Results();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].outcome, Outcome::kInconclusive);
  ASSERT_TRUE(results[0].failure.has_value());
  EXPECT_EQ(results[0].failure->failure_class, FailureClass::kConfig);
  EXPECT_THAT(results[0].failure->message, HasSubstr("at most 61440 bytes"));
  EXPECT_EQ(results[1].outcome, Outcome::kPassed);
}

}  // namespace
}  // namespace wsfleet::testing
