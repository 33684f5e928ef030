#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/name_server.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// Whom an agent connects to: whatever a suite, a name server or a target says, nobody else.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kOnce{"- connect: {path: /}", "- expect: {match: {text: hello}}"};

void Greet(ScriptedPeer& peer) {
  peer.AcceptUpgrade();
  peer.SendFrame(0x81, "hello");
  peer.Drain();
}

engine::TargetGuard Allowing(std::vector<AllowedTarget> allowed) {
  return engine::TargetGuard({{{false, std::move(allowed)}, "the policy of the fleet"}});
}

// May come to this port of loopback addresses.
AllowedTarget AtLoopback(const std::string& host, std::uint16_t port) {
  return {host, {port}, {*AddressRange::Parse("127.0.0.0/8")}};
}

CaseResult RunGuarded(const std::string& suite, const engine::TargetGuard& guard, const NameServer& names) {
  SuiteRun::Options options;
  options.guard = guard;
  options.name_servers = names.address();
  return SuiteRun(suite, std::move(options)).Result();
}

void ExpectRefused(const CaseResult& result, const std::string& words) {
  ASSERT_TRUE(result.failure.has_value()) << words;
  EXPECT_EQ(result.failure->failure_class, FailureClass::kGuard) << result.failure->message;
  EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  EXPECT_THAT(result.failure->message, HasSubstr(words));
}

NameServer::Answer Name(std::vector<std::string> v4, std::vector<std::string> v6 = {}) {
  NameServer::Answer answer;
  answer.v4 = std::move(v4);
  answer.v6 = std::move(v6);
  return answer;
}

// Row 44 of the faults, at the agent.
TEST(Guard, RefusesEverySpellingOfAnAddressThatIsNotOfTheInternet) {
  const NameServer names({});
  const auto guard = Allowing({{"*.example.com", {80}}, {"8.8.8.8", {80}}});
  for (const char* host : {"127.0.0.1",
                           "10.0.0.1",
                           "192.168.1.1",
                           "100.64.0.1",
                           "169.254.1.1",
                           "0.0.0.0",
                           "224.0.0.1",
                           "[::1]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[::127.0.0.1]",
                           "[64:ff9b::7f00:1]",
                           "[64:ff9b:1::7f00:1]",
                           "[2002:7f00:1::]",
                           "[2001:0:808:808::80ff:fffe]",
                           "[fd00::1]",
                           "[fe80::1]",
                           "0x7f.1",
                           "0x7f000001",
                           "0177.0.0.1",
                           "2130706433",
                           "127.1",
                           "127.0.0.1.",
                           "017700000001"}) {
    const CaseResult result = RunGuarded(OneScenario(fmt::format("\"ws://{}/\"", host), kOnce), guard, names);
    ExpectRefused(result, "");
    EXPECT_EQ(result.proof.connections, 0U) << host;
    EXPECT_TRUE(result.proof.attempts.empty()) << host;
  }
}

TEST(Guard, RefusesNamesThatResolveToThem) {
  const NameServer names({{"mapped.example.com", Name({}, {"::ffff:127.0.0.1"})},
                          {"nat64.example.com", Name({}, {"64:ff9b::7f00:1"})},
                          {"6to4.example.com", Name({}, {"2002:7f00:1::"})},
                          {"mixed.example.com", Name({"8.8.8.8", "10.0.0.1"})}});
  const auto guard = Allowing({{"*.example.com", {80}}});
  for (const auto& [name, words] : {std::pair("mapped", "127.0.0.1, which is a loopback address"),
                                    {"nat64", "leads to 127.0.0.1"},
                                    {"6to4", "leads to 127.0.0.1"},
                                    {"mixed", "10.0.0.1, which is a private address"}}) {
    const CaseResult result = RunGuarded(OneScenario(fmt::format("ws://{}.example.com/", name), kOnce), guard, names);
    ExpectRefused(result, words);
    EXPECT_EQ(result.failure->phase, Phase::kConnect);
    EXPECT_TRUE(result.proof.attempts.empty()) << name;
  }
}

// Row 43 of the faults.
TEST(Guard, DoesNotFollowANameThatIsRebound) {
  for (const auto& [later, words] :
       {std::pair("169.254.169.254", "where a cloud keeps credentials"), {"10.0.0.1", "a private address"}}) {
    ScriptedServer server(Greet);
    NameServer::Answer rebound = Name({"127.0.0.1"});
    rebound.v4_later = {later};
    const NameServer names({{"chat.example.com", rebound}});
    const std::string url = fmt::format("ws://chat.example.com:{}", server.port());
    const CaseResult result = RunGuarded(
        OneScenario(url,
                    {kOnce[0], kOnce[1], "- drop: {}", "- connect: {path: /, as: again}", "- {ping: {}, via: again}"}),
        Allowing({AtLoopback("chat.example.com", server.port())}), names);
    ExpectRefused(result, words);
    EXPECT_EQ(server.connections(), 1) << "the first one was let through";
  }
}

TEST(Guard, LetsThroughWhatEveryRulePermits) {
  ScriptedServer server(Greet);
  const NameServer names({{"chat.example.com", Name({"127.0.0.1"})}});
  const std::string suite = OneScenario(fmt::format("ws://chat.example.com:{}", server.port()), kOnce);
  const engine::TargetGuard::Rule fleet{{false, {AtLoopback("*.example.com", server.port())}}, "the fleet"};
  const engine::TargetGuard::Rule other{{false, {AtLoopback("other.example.com", server.port())}}, "the agent"};
  const CaseResult passed = RunGuarded(suite, engine::TargetGuard({fleet, {AnyTarget(), "the agent"}}), names);
  EXPECT_EQ(passed.outcome, Outcome::kPassed) << (passed.failure ? passed.failure->message : "");
  ExpectRefused(RunGuarded(suite, engine::TargetGuard({fleet, other}), names), "refused by the agent");
  ExpectRefused(RunGuarded(suite, engine::TargetGuard({other, fleet}), names), "refused by the agent");
  EXPECT_EQ(server.connections(), 1);
}

TEST(Guard, JudgesHttpStepsAndFollowsNoRedirect) {
  ScriptedServer inner(Greet);
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send(
        fmt::format("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n", inner.port()));
  });
  const NameServer names({{"chat.example.com", Name({"127.0.0.1"})}});
  const auto guard = Allowing({AtLoopback("chat.example.com", server.port())});
  const std::string url = fmt::format("ws://chat.example.com:{}", server.port());
  const CaseResult redirected = RunGuarded(OneScenario(url, {"- http: {get: /, expect: {status: 302}}"}), guard, names);
  EXPECT_EQ(redirected.outcome, Outcome::kPassed) << (redirected.failure ? redirected.failure->message : "");
  const std::string elsewhere =
      fmt::format("- http: {{get: \"http://127.0.0.1:{}/\", expect: {{status: 200}}}}", inner.port());
  ExpectRefused(RunGuarded(OneScenario(url, {elsewhere}), guard, names), "none of its 1 entries names it");
  EXPECT_EQ(inner.connections(), 0);
}

TEST(Guard, JudgesTheProxyAndWhatLiesBehindIt) {
  ScriptedServer proxy([](ScriptedPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\n\r\n");
    Greet(peer);
  });
  const NameServer names({{"proxy.example.com", Name({"127.0.0.1"})}});
  const auto through = [&](const std::string& behind, std::vector<AllowedTarget> allowed) {
    return RunGuarded(
        fmt::format("version: wsfleet/v1\nname: test\ntarget: t\ntargets: {{t: {{url: \"ws://{}\", proxy: "
                    "\"http://proxy.example.com:{}\"}}}}\nscenarios:\n  - name: one\n    steps: [{{connect: "
                    "{{path: /}}}}, {{expect: {{match: {{text: hello}}}}}}]\n",
                    behind, proxy.port()),
        Allowing(std::move(allowed)), names);
  };
  const AllowedTarget the_proxy = AtLoopback("proxy.example.com", proxy.port());
  const CaseResult passed = through("chat.test", {the_proxy, {"chat.test", {80}}});
  EXPECT_EQ(passed.outcome, Outcome::kPassed) << (passed.failure ? passed.failure->message : "");
  ExpectRefused(through("chat.test", {the_proxy}), "target chat.test:80");
  ExpectRefused(through("chat.test", {{"chat.test", {80}}}), "target proxy.example.com");
  ExpectRefused(through("[::ffff:169.254.169.254]", {the_proxy}), "credentials");
  ExpectRefused(through("0x7f.1", {the_proxy}), "programs do not agree");
  EXPECT_EQ(proxy.connections(), 1);
}

}  // namespace
}  // namespace wsfleet::testing
