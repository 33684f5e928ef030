#include <string>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/key_server.h"
#include "tests/support/real_fleet.h"
#include "tests/support/token_issuer.h"

// A person or a job that shows a token of an issuer: real programs, keys from a real server.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kIssuers[] = R"(version: wsfleet/v1
issuers:
  - name: ci
    issuer: https://ci.example
    audience: [wsfleet]
    jwks_url: {url}
    ca_file: {ca}
    groups_claim: repository
    name_claim: repository
    leeway: 0s
    roles:
      - {{group: team/chat, fleet: default, role: runner}}
)";

class Oidc : public ::testing::Test {
 protected:
  Oidc() {
    files_.Write("oidc.yaml", fmt::format(kIssuers, fmt::arg("url", keys_.url()), fmt::arg("ca", keys_.ca_file())));
    RealFleet::Settings settings;
    settings.coordinator_flags = {"--oidc", (files_.path() / "oidc.yaml").string()};
    fleet_.emplace(settings);
  }

  static std::string Issue(const IssuerKey& key, absl::Duration life, const std::string& repository = "team/chat") {
    return key.Token(fmt::format(
        R"({{"iss":"https://ci.example","aud":"wsfleet","sub":"repo:{0}:ref:main","repository":"{0}","exp":{1}}})",
        repository, absl::ToUnixSeconds(absl::Now() + life)));
  }
  Finished RunAs(const std::string& token, const std::vector<std::string>& arguments) {
    Command command = fleet_->Client(arguments);
    command.environment["WSFLEET_TOKEN_FILE"] = "";
    command.environment["WSFLEET_TOKEN"] = token;
    return RunCommand(command, absl::Seconds(60));
  }

  const IssuerKey key_{IssuerKey::Type::kRsa, "2026-10"};
  TemporaryDirectory files_;
  KeyServer keys_{JwkSet({key_.Jwk()})};
  std::optional<RealFleet> fleet_;
};

TEST_F(Oidc, AJobRunsASuiteWithTheTokenOfItsPlatform) {
  const TargetServer target(DemoTarget());
  fleet_->StartAgent("eu-1", "eu-west-1");
  const std::string suite = files_.Write("health.wsfleet.yaml", R"(version: wsfleet/v1
name: short
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios: [{name: health, steps: [{http: {get: /health, expect: {status: 200}}}]}]
)");
  const std::string token = Issue(key_, absl::Minutes(10));
  const Finished run = RunAs(token, {"run", suite, "--var", "target=" + target.ws_url()});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  const Finished denied = RunAs(token, {"audit"});
  EXPECT_EQ(denied.exit_code, 4);
  EXPECT_THAT(denied.err, HasSubstr("audit needs the role admin, and \"team/chat (ci)\" has runner in fleet"));
  std::string audit;
  EXPECT_TRUE(WaitUntil([&] {
    audit = fleet_->Run({"audit", "-o", "json"}).out;
    return audit.find("\"denied\"") != std::string::npos;
  }));
  EXPECT_THAT(audit, AllOf(HasSubstr("runs.submit"), HasSubstr("https://ci.example repo:team/chat:ref:main")));
  for (const std::string& text : {audit, fleet_->coordinator().err(), ReadWholeFile(fleet_->store())}) {
    EXPECT_THAT(text, Not(HasSubstr(token.substr(token.rfind('.') + 1))));
  }
}

TEST_F(Oidc, APersonLogsInAndIsToldWhenTheirTokenHasExpired) {
  const std::string config = (files_.path() / "config.yaml").string();
  const auto as_context = [&](std::vector<std::string> arguments, const std::string& token) {
    Command command = fleet_->Client(arguments);
    for (const char* name : {"WSFLEET_COORDINATOR", "WSFLEET_CA", "WSFLEET_TOKEN_FILE", "WSFLEET_FLEET"}) {
      command.environment[name] = "";
    }
    command.environment["WSFLEET_TOKEN"] = token;
    command.environment["WSFLEET_CONFIG"] = config;
    return RunCommand(command, absl::Seconds(60));
  };
  const std::string ca = (fleet_->directory().path() / "ca" / "ca.pem").string();
  const Finished login = as_context({"login", "here", "--coordinator", fleet_->client_address(0), "--ca", ca},
                                    Issue(key_, absl::Seconds(4)));
  ASSERT_EQ(login.exit_code, 0) << login.err;
  EXPECT_THAT(login.err, HasSubstr("team/chat (ci) is runner in fleet default until "));
  Finished list;
  EXPECT_TRUE(WaitUntil([&] {
    list = as_context({"runs", "list"}, "");
    return list.exit_code != 0;
  }));
  EXPECT_EQ(list.exit_code, 4) << list.err;
  EXPECT_THAT(list.err, HasSubstr("found a JWT of issuer \"ci\" that expired at "));
  const Finished other = RunAs(Issue(key_, absl::Minutes(1), "team/other"), {"runs", "list"});
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_THAT(other.err, HasSubstr("every call needs a role in a fleet, and \"team/other"));
}

TEST_F(Oidc, AKeyThatIsNewIsFetchedWhileItsTokenWaits) {
  EXPECT_EQ(RunAs(Issue(key_, absl::Minutes(1)), {"runs", "list"}).exit_code, 0);
  const IssuerKey next(IssuerKey::Type::kP256, "2026-11"), forged(IssuerKey::Type::kP256, "2026-11");
  keys_.Serve(JwkSet({key_.Jwk(), next.Jwk()}));
  // They were read a moment ago, and are read again in a few seconds: the client waits.
  EXPECT_EQ(RunAs(Issue(next, absl::Minutes(1)), {"runs", "list"}).exit_code, 0);
  const Finished refused = RunAs(Issue(forged, absl::Minutes(1)), {"runs", "list"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("whose signature is not that of issuer \"ci\""));
  keys_.Stop();
  EXPECT_EQ(RunAs(Issue(key_, absl::Minutes(1)), {"runs", "list"}).exit_code, 0) << "the last good keys stay";
  const IssuerKey unknown(IssuerKey::Type::kP256, "unknown");
  const Finished away = RunAs(Issue(unknown, absl::Minutes(1)), {"runs", "list"});
  EXPECT_EQ(away.exit_code, 3);
  EXPECT_THAT(away.err, AllOf(HasSubstr("cannot say who you are"), HasSubstr("cannot read the keys of issuer"),
                              Not(HasSubstr("does wsfleet-coordinator run"))));
}

TEST_F(Oidc, ACoordinatorDoesNotStartWithAFileThatIsWrong) {
  const std::string file = files_.Write("wrong.yaml", "version: wsfleet/v1\nissuers:\n  - nmae: ci\n");
  const Finished started =
      RunCommand({{Binary("wsfleet-coordinator"), "--insecure-plaintext", "--store", ":memory:", "--agent-listen",
                   "127.0.0.1:0", "--client-listen", "127.0.0.1:0", "--oidc", file},
                  {},
                  {}},
                 absl::Seconds(30));
  EXPECT_EQ(started.exit_code, 1);
  EXPECT_THAT(started.err, AllOf(HasSubstr("wrong.yaml:3:5"), HasSubstr("did you mean \"name\"?")));
}

}  // namespace
}  // namespace wsfleet::testing
