#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// Where secrets go: to the hosts that their operator allows, and nowhere else, by no detour.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kToken[] = "a-very-secret-token";
constexpr char kAuth[] = "auth: {me: {token: \"${secret.KEY}\"}}\n";

// Answers requests with 200, upgrades with 101, and whatever it is asked by way of a proxy with 407.
class Listener {
 public:
  Listener()
      : server_([this](ScriptedPeer& peer) {
          std::string head = peer.ReadHead();
          const bool upgrade = head.find("Sec-WebSocket-Key") != std::string::npos;
          const bool tunnel = head.starts_with("CONNECT");
          const std::string accept = AcceptValue(KeyOf(head));
          {
            const std::lock_guard lock(mutex_);
            heads_.push_back(std::move(head));
          }
          if (tunnel) {
            peer.Send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
          } else if (upgrade) {
            peer.Send(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: " +
                accept + "\r\n\r\n");
            peer.Drain();
          } else {
            peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\necho!");
          }
        }) {}

  std::string url() const { return server_.url(); }
  // The same one, by another name.
  std::string other_url() const { return fmt::format("http://localhost:{}/", server_.port()); }
  std::string proxy(const std::string& user) const {
    return fmt::format("http://{}@localhost:{}", user, server_.port());
  }
  std::vector<std::string> heads() {
    const std::lock_guard lock(mutex_);
    return heads_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> heads_;
  ScriptedServer server_;
};

CaseResult ResultOf(const std::string& url, const std::vector<std::string>& steps,
                    const std::vector<std::string>& hosts, const std::string& more = kAuth) {
  SuiteRun run(OneScenario(url, steps, more), {.secrets = {{"KEY", kToken}}, .secret_hosts = hosts});
  return run.Result();
}

const std::string kUse = "- http: {get: /, auth: me, expect: {status: 200}}";

TEST(SecretHosts, LetASecretGoWhereItMay) {
  Listener target;
  EXPECT_EQ(ResultOf(target.url(), {kUse}, {"127.0.0.1"}).outcome, Outcome::kPassed);
  EXPECT_THAT(target.heads(), ElementsAre(HasSubstr(kToken)));
}

TEST(SecretHosts, KeepASecretFromAnyOtherTarget) {
  Listener target;
  for (const std::string& step : {kUse, std::string("- connect: {path: /, auth: me}")}) {
    const CaseResult result =
        ResultOf(target.url(), {step, "- http: {get: /, expect: {status: 200}}"}, {"chat.example.com"});
    EXPECT_EQ(result.outcome, Outcome::kInconclusive);
    ASSERT_TRUE(result.failure.has_value());
    EXPECT_EQ(result.failure->failure_class, FailureClass::kConfig);
    EXPECT_FALSE(result.failure->beyond_limit);
    EXPECT_THAT(result.failure->message,
                AllOf(HasSubstr("secret KEY may not be sent to 127.0.0.1"), HasSubstr("chat.example.com")));
  }
  EXPECT_THAT(target.heads(), IsEmpty());
}

TEST(SecretHosts, SkipWhatRequiresASecretThatIsNotForItsTarget) {
  Listener target;
  const CaseResult result =
      ResultOf(target.url(), {kUse}, {"chat.example.com"}, std::string(kAuth) + "requires: [{secret: KEY}]\n");
  EXPECT_EQ(result.outcome, Outcome::kSkipped);
  EXPECT_EQ(result.skip_reason, SkipReason::kSecretMissing);
  EXPECT_THAT(result.skip_detail, HasSubstr("may not be sent to 127.0.0.1"));
  EXPECT_THAT(target.heads(), IsEmpty());
}

// What the target answered may hold the secret, and be sent on.
TEST(SecretHosts, KeepASessionThatUsedASecretFromOtherHosts) {
  Listener target;
  const CaseResult result =
      ResultOf(target.url(),
               {"- http: {get: /, auth: me, expect: {status: 200}, capture: {seen: \"regex:(.+)\"}}",
                "- http: {get: \"" + target.other_url() + "?x=${seen}\", expect: {status: 200}}"},
               {"127.0.0.1"});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_THAT(result.failure->message, HasSubstr("secret KEY may not be sent to localhost"));
  EXPECT_THAT(target.heads(), ElementsAre(HasSubstr("GET / ")));
}

TEST(SecretHosts, KeepASecretFromASessionThatIsConnectedElsewhere) {
  Listener target;
  std::string other = target.other_url();
  other.replace(0, 4, "ws");
  const CaseResult result = ResultOf(target.url(), {"- connect: {path: \"" + other + "\"}", kUse}, {"127.0.0.1"});
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_THAT(target.heads(), Not(::testing::Contains(HasSubstr(kToken))));
}

TEST(SecretHosts, AreThoseOfAProxyForWhatTheProxyIsGivenAndForWhatPassesThroughIt) {
  Listener proxy;
  const auto through = [&](const std::string& user, const std::string& auth, const std::vector<std::string>& hosts) {
    return ResultOf("ws://203.0.113.7:1/",
                    {"- connect: {path: /, proxy: \"" + proxy.proxy(user) + "\"" + auth + "}", "- ping: {}"}, hosts);
  };
  EXPECT_EQ(through("u:${secret.KEY}", "", {"localhost"}).failure->failure_class, FailureClass::kProxy);
  EXPECT_THAT(proxy.heads(), ElementsAre(HasSubstr(absl::Base64Escape(std::string("u:") + kToken))));
  EXPECT_THAT(through("u:${secret.KEY}", "", {"203.0.113.7"}).failure->message,
              HasSubstr("may not be sent to localhost"));
  EXPECT_THAT(through("u:p", ", auth: me", {"203.0.113.7"}).failure->message,
              HasSubstr("may not be sent to localhost"));
  EXPECT_EQ(proxy.heads().size(), 1u);
}

// A server of several names gives the request to whom it is for.
TEST(SecretHosts, AreAskedOfTheHostHeaderAndOfTheServerNameToo) {
  Listener target;
  for (const std::string& step :
       {std::string("- http: {get: /, auth: me, headers: {Host: \"evil.example:80\"}, expect: {status: 200}}"),
        std::string("- connect: {path: /, auth: me, headers: {Host: evil.example}}"),
        std::string("- connect: {path: /, auth: me, tls: {server_name: evil.example}}")}) {
    const CaseResult result = ResultOf(target.url(), {step, "- http: {get: /, expect: {status: 200}}"}, {"127.0.0.1"});
    ASSERT_TRUE(result.failure.has_value()) << step;
    EXPECT_THAT(result.failure->message, HasSubstr("secret KEY may not be sent to evil.example")) << step;
  }
  EXPECT_THAT(target.heads(), IsEmpty());
}

TEST(Secrets, AreNoTraceIds) {
  Listener target;
  constexpr char kHex[] = "0123456789abcdef0123456789abcdef";
  SuiteRun run(OneScenario(target.url(),
                           {"- http: {get: /, headers: {traceparent: \"00-${secret.KEY}-00f067aa0ba902b7-01\"},"
                            " expect: {status: 299}}"},
                           ""),
               {.secrets = {{"KEY", kHex}}});
  const CaseResult result = run.Result();
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->evidence.trace_id, "");
  EXPECT_THAT(target.heads(), ElementsAre(HasSubstr(kHex)));
}

TEST(Secrets, ThatNobodyHasAreNamed) {
  Listener target;
  SuiteRun run(OneScenario(target.url(), {kUse}, kAuth));
  EXPECT_THAT(run.Result().failure->message, HasSubstr("pass --secret KEY"));
}

}  // namespace
}  // namespace wsfleet::testing
