#include <string>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read.hpp"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/case_checks.h"
#include "tests/unit/engine/frame_heads.h"
#include "tests/unit/engine/name_server.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// How a connection comes about: names, several addresses, proxies.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

void Hello(ScriptedPeer& peer) {
  peer.AcceptUpgrade();
  peer.SendFrame(kText, "hello");
  peer.Drain();
}

const std::vector<std::string> kSteps{"- connect: {path: /}", "- expect: {match: {text: hello}}"};
const std::string kShort = "defaults: {phases: {resolve: 300ms, connect: 500ms}}\n";

CaseResult RunAt(const std::string& url, const NameServer& names, const std::string& more = "") {
  SuiteRun::Options options;
  options.name_servers = names.address();
  return SuiteRun(OneScenario(url, kSteps, more), options).Result();
}

NameServer::Answer V4(std::vector<std::string> addresses) {
  NameServer::Answer answer;
  answer.v4 = std::move(addresses);
  return answer;
}

TEST(Names, LeadToTheirAddress) {
  ScriptedServer server(Hello);
  NameServer names({{"chat.test", V4({"127.0.0.1"})}});
  const CaseResult result = RunAt(fmt::format("ws://chat.test:{}", server.port()), names);
  ExpectPassed(result);
  EXPECT_EQ(result.proof.peer_address, fmt::format("127.0.0.1:{}", server.port()));
  EXPECT_TRUE(result.proof.timings.resolve);
}

TEST(Names, ThatGiveNoAddressSayWhy) {
  NameServer::Answer failing, refusing, empty;
  failing.code = 2;
  refusing.code = 5;
  NameServer names({{"failing.test", failing}, {"refusing.test", refusing}, {"empty.test", empty}});
  const CaseResult missing = RunAt("ws://missing.test", names);
  ExpectFailure(missing, Phase::kResolve, FailureClass::kDns, "NXDOMAIN");
  EXPECT_THAT(missing.failure->evidence.transcript, IsEmpty()) << "nobody was there to send anything to";
  ExpectFailure(RunAt("ws://failing.test", names), Phase::kResolve, FailureClass::kDns, "SERVFAIL");
  ExpectFailure(RunAt("ws://refusing.test", names), Phase::kResolve, FailureClass::kDns, "REFUSED");
  ExpectFailure(RunAt("ws://empty.test", names), Phase::kResolve, FailureClass::kDns, "has no address");
}

TEST(Names, ThatNobodyAnswersForRunOutOfTime) {
  NameServer::Answer silent;
  silent.silent_v4 = silent.silent_v6 = true;
  NameServer names({{"silent.test", silent}});
  ExpectFailure(RunAt("ws://silent.test", names, kShort), Phase::kResolve, FailureClass::kDeadline, "resolve");
}

TEST(Names, DoNotWaitForTheOtherFamily) {
  ScriptedServer server(Hello);
  NameServer::Answer half = V4({"127.0.0.1"});
  half.silent_v6 = true;
  NameServer names({{"half.test", half}});
  ExpectPassed(RunAt(fmt::format("ws://half.test:{}", server.port()), names));
}

TEST(Names, ThatLeadToACloudsCredentialsAreNotFollowed) {
  NameServer names({{"inner.test", V4({"127.0.0.1", "169.254.169.254"})}});
  const CaseResult result = RunAt("ws://inner.test", names);
  ExpectFailure(result, Phase::kConnect, FailureClass::kGuard, "169.254.169.254");
  EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  EXPECT_EQ(result.proof.connections, 0U);
}

TEST(Addresses, AreTriedUntilOneAnswersAndAllAttemptsAreShown) {
  ScriptedServer server(Hello);
  NameServer::Answer both = V4({"127.0.0.1"});
  both.v6 = {"::1"};  // nobody listens there
  NameServer names({{"both.test", both}});
  const CaseResult result = RunAt(fmt::format("ws://both.test:{}", server.port()), names);
  ExpectPassed(result);
  ASSERT_THAT(result.proof.attempts, SizeIs(2));
  EXPECT_THAT(result.proof.attempts[0].address, HasSubstr("[::1]"));
  EXPECT_THAT(result.proof.attempts[0].error, Not(::testing::IsEmpty()));
  EXPECT_EQ(result.proof.attempts[1].error, "");
}

// A listener whose queue is full: Linux drops what comes, so that nobody answers.
class FullListener {
 public:
  FullListener() : acceptor_(context_) {
    const boost::asio::ip::tcp::endpoint any(boost::asio::ip::make_address("127.0.0.2"), 0);
    acceptor_.open(any.protocol());
    acceptor_.bind(any);
    acceptor_.listen(0);
    queued_.reserve(4);
    for (int i = 0; i < 4; ++i) {
      boost::asio::ip::tcp::socket& socket = queued_.emplace_back(context_);
      socket.async_connect(acceptor_.local_endpoint(), [](const boost::system::error_code&) {});
    }
    context_.run_for(std::chrono::milliseconds(50));
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<boost::asio::ip::tcp::socket> queued_;
};

TEST(Addresses, ThatDoNotAnswerRunOutOfTime) {
  FullListener full;
  NameServer names({{"full.test", V4({"127.0.0.2"})}});
  const CaseResult result = RunAt(fmt::format("ws://full.test:{}", full.port()), names, kShort);
  ExpectFailure(result, Phase::kConnect, FailureClass::kDeadline, "connect");
  ASSERT_THAT(result.proof.attempts, SizeIs(1));
  EXPECT_EQ(result.proof.attempts[0].error, "no answer");
}

// Runs against a target behind a proxy; `script` plays both.
CaseResult ThroughProxy(const std::string& proxy_url_prefix, const ScriptedServer::Script& script,
                        const std::string& connect = "") {
  ScriptedServer server(script);
  const std::string proxy = fmt::format("{}127.0.0.1:{}", proxy_url_prefix, server.port());
  const std::string suite = fmt::format(
      "version: wsfleet/v1\nname: test\ntarget: t\ntargets: {{t: {{url: \"ws://behind.test:81\", proxy: \"{}\"}}}}\n{}"
      "scenarios:\n  - name: one\n    steps:\n      - connect: {{path: /{}}}\n      - expect: {{match: {{text: "
      "hello}}}}\n",
      proxy, kShort, connect);
  return SuiteRun(suite).Result();
}

std::string ReadBytes(ScriptedPeer& peer, std::size_t count) {
  std::string bytes(count, '\0');
  boost::system::error_code error;
  boost::asio::read(peer.socket(), boost::asio::buffer(bytes), error);
  return error ? std::string() : bytes;
}

TEST(HttpProxy, OpensATunnelToTheNameOfTheTarget) {
  std::string asked;
  const CaseResult result = ThroughProxy("http://me:secret@", [&](ScriptedPeer& peer) {
    asked = peer.ReadHead();
    peer.Send("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
    Hello(peer);
  });
  ExpectPassed(result);
  EXPECT_THAT(asked, HasSubstr("CONNECT behind.test:81 HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"));
}

TEST(HttpProxy, ThatRefusesFailsTheConnectAsProxy) {
  const auto answer = [](const std::string& text) {
    return ThroughProxy("http://", [text](ScriptedPeer& peer) {
      peer.ReadHead();
      peer.Send(text);
    });
  };
  ExpectFailure(answer("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), Phase::kConnect, FailureClass::kProxy,
                "407");
  ExpectFailure(answer("SSH-2.0-OpenSSH\r\n\r\n"), Phase::kConnect, FailureClass::kProxy, "does not speak HTTP");
  ExpectFailure(answer(""), Phase::kConnect, FailureClass::kProxy, "ended the connection");
}

TEST(HttpProxy, ThatIsNotThereIsNamedAsTheProxy) {
  const auto run = [](const std::string& proxy) {
    return SuiteRun(
               "version: wsfleet/v1\nname: test\ntarget: t\ntargets: {t: {url: \"ws://behind.test:81\", proxy: \"" +
               proxy + "\"}}\n" + std::string(kShort) +
               "scenarios: [{name: one, steps: [{connect: {path: /}}, {ping: {}}]}]\n")
        .Result();
  };
  const CaseResult refused = run("http://127.0.0.1:1");
  ExpectFailure(refused, Phase::kConnect, FailureClass::kProxy, "proxy 127.0.0.1:1: ");
  ASSERT_EQ(refused.proof.attempts.size(), 1u);
  EXPECT_EQ(refused.proof.attempts[0].address, "proxy 127.0.0.1:1");
  ExpectFailure(run("socks5://nowhere.invalid:1080"), Phase::kResolve, FailureClass::kDns,
                "proxy nowhere.invalid does not resolve");
}

TEST(HttpProxy, ThatSaysNothingRunsOutOfTime) {
  const CaseResult result = ThroughProxy("http://", [](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.ReadHead();
  });
  ExpectFailure(result, Phase::kConnect, FailureClass::kDeadline, "by way of the proxy 127.0.0.1:");
}

TEST(HttpProxy, OfTheTargetIsLeftOutWhereAConnectSaysNone) {
  const CaseResult result = ThroughProxy("http://", [](ScriptedPeer&) {}, ", proxy: none");
  ExpectFailure(result, Phase::kResolve, FailureClass::kDns, "behind.test");
}

TEST(SocksProxy, ConnectsToTheNameWithUserAndPassword) {
  std::string methods, credentials, request;
  const CaseResult result = ThroughProxy("socks5://me:secret@", [&](ScriptedPeer& peer) {
    methods = ReadBytes(peer, 4);
    peer.Send(std::string("\x05\x02", 2));
    credentials = ReadBytes(peer, 1 + 1 + 2 + 1 + 6);
    peer.Send(std::string("\x01\x00", 2));
    request = ReadBytes(peer, 4 + 1 + 11 + 2);
    peer.Send(std::string("\x05\x00\x00\x03\x04host\x00\x50", 11));
    Hello(peer);
  });
  ExpectPassed(result);
  EXPECT_EQ(methods, std::string("\x05\x02\x00\x02", 4));
  EXPECT_EQ(credentials, std::string("\x01\x02me\x06secret"));
  EXPECT_EQ(request, std::string("\x05\x01\x00\x03\x0B"
                                 "behind.test\x00\x51",
                                 18));
}

TEST(SocksProxy, ThatCannotConnectSaysWhy) {
  const CaseResult result = ThroughProxy("socks5://", [&](ScriptedPeer& peer) {
    ReadBytes(peer, 3);
    peer.Send(std::string("\x05\x00", 2));
    ReadBytes(peer, 18);
    peer.Send(std::string("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", 10));
  });
  ExpectFailure(result, Phase::kConnect, FailureClass::kProxy, "connection refused");
}

TEST(SocksProxy, ThatIsNoneFailsTheConnectAsProxy) {
  const CaseResult result =
      ThroughProxy("socks5://", [](ScriptedPeer& peer) { peer.Send("HTTP/1.1 400 Bad\r\n\r\n"); });
  ExpectFailure(result, Phase::kConnect, FailureClass::kProxy, "SOCKS5");
}

}  // namespace
}  // namespace wsfleet::testing
