#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// Secrets that operators keep: who submits needs none.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSuiteWithAKey[] = R"(version: wsfleet/v1
name: gate
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
auth: {user: {jwt: {alg: HS256, key: "${secret.JWT_KEY}", claims: {sub: somebody}}}}
scenarios:
  - name: connects
    requires: [{secret: JWT_KEY}]
    steps:
      - connect: {path: /ws, auth: user}
      - expect: {match: {$.type: connection_established}}
)";

class KeptSecrets : public ::testing::Test {
 protected:
  // The file of secrets of one that keeps the key: `hosts` as in YAML.
  std::string File(const std::string& hosts, const std::string& key = kDemoKey) const {
    WriteKey(key);
    return files_.Write("secrets.yaml",
                        fmt::format("version: wsfleet/v1\nsecrets: {{JWT_KEY: {{file: jwt.key, hosts: {}, fleets: "
                                    "[default]}}}}\n",
                                    hosts));
  }
  void WriteKey(const std::string& key) const { chmod(files_.Write("jwt.key", key + "\n").c_str(), 0600); }

  void Start(const std::vector<std::string>& coordinator, const std::vector<std::string>& agent) {
    RealFleet::Settings settings;
    settings.coordinator_flags = coordinator;
    fleet_.emplace(std::move(settings));
    fleet_->StartAgent("eu-1", "eu-west-1", agent);
    suite_ = fleet_->directory().Write("gate.wsfleet.yaml", kSuiteWithAKey);
  }
  Finished Run(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"run", suite_, "--var", "target=" + target_.ws_url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return fleet_->Run(arguments);
  }

  TemporaryDirectory files_;
  TargetServer target_{DemoTarget()};
  std::optional<RealFleet> fleet_;
  std::string suite_;
};

TEST_F(KeptSecrets, OfTheCoordinatorAreReadForEachLease) {
  Start({"--secrets", File("[127.0.0.1]")}, {});
  const Finished passed = Run();
  EXPECT_EQ(passed.exit_code, 0) << passed.out << passed.err;
  WriteKey("a-key-that-the-target-does-not-know");
  const Finished refused = Run();
  EXPECT_EQ(refused.exit_code, 1) << refused.out << refused.err;
  WriteKey(kDemoKey);
  EXPECT_EQ(Run().exit_code, 0);
  EXPECT_THAT(fleet_->coordinator().err(), Not(HasSubstr(kDemoKey)));
}

TEST_F(KeptSecrets, MayBeThereForAllThatExplainKnows) {
  Start({"--secrets", File("[127.0.0.1]")}, {});
  const Finished explained = fleet_->Run({"explain", suite_, "--var", "target=" + target_.ws_url()});
  EXPECT_THAT(explained.out, HasSubstr("JWT_KEY  (not given here; the coordinator or its agents may keep it)"))
      << explained.err;
}

TEST_F(KeptSecrets, OfTheAgentAreTakenWhereTheCoordinatorHasNone) {
  Start({}, {"--secrets", File("[127.0.0.1]")});
  const Finished passed = Run();
  EXPECT_EQ(passed.exit_code, 0) << passed.out << passed.err;
  EXPECT_THAT(passed.err, HasSubstr("secret JWT_KEY was not given, and this coordinator keeps none"));
}

TEST_F(KeptSecrets, YieldToThoseOfTheRun) {
  Start({"--secrets", File("[127.0.0.1]", "a-key-that-the-target-does-not-know")}, {});
  const std::string own = fleet_->directory().Write("own.key", kDemoKey);
  EXPECT_EQ(Run({"--secret", "JWT_KEY=file:" + own}).exit_code, 0);
}

TEST_F(KeptSecrets, AreNotGivenIntoASessionWithAnotherHost) {
  Start({"--secrets", File("[chat.example.com]")}, {});
  const Finished skipped = Run();
  EXPECT_EQ(skipped.exit_code, 3) << skipped.out << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("may not be sent to 127.0.0.1"));
  EXPECT_THAT(target_.access_log(), Not(HasSubstr("upgrade")));
}

TEST_F(KeptSecrets, ThatAreMissingAreASkipThatSaysSo) {
  Start({}, {});
  const Finished skipped = Run();
  EXPECT_EQ(skipped.exit_code, 3) << skipped.out << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("secret JWT_KEY was not given"));
}

TEST_F(KeptSecrets, ThatCannotBeReadAreASkipThatSaysWhoKeepsThem) {
  const std::string file = File("[127.0.0.1]");
  chmod((files_.path() / "jwt.key").c_str(), 0644);
  Start({"--secrets", file}, {});
  EXPECT_THAT(Run().out, HasSubstr("the coordinator keeps it for this fleet, but could not read it"));
  Start({}, {"--secrets", file});
  EXPECT_THAT(Run().out, HasSubstr("the agent keeps it for this fleet, but could not read it"));
}

TEST_F(KeptSecrets, ThatAScheduledRunLacksAreToBeGivenInItsFile) {
  Start({}, {});
  const std::string file =
      fleet_->directory().Write("schedules.yaml",
                                "version: wsfleet/v1\nschedules:\n  - {name: daily, cron: \"@daily\", run: {suites: "
                                "[gate.wsfleet.yaml]}}\n");
  const char* const kAdvice = "write secrets: {JWT_KEY: env:JWT_KEY} below `run` in the schedule's file";
  const Finished applied = fleet_->Run({"schedules", "apply", "-f", file});
  EXPECT_EQ(applied.exit_code, 0) << applied.err;
  EXPECT_THAT(applied.err, HasSubstr(kAdvice));
  const Finished triggered = fleet_->Run({"schedules", "trigger", "daily", "-o", "name"});
  const std::string id = triggered.out.substr(0, triggered.out.find('\n'));
  EXPECT_EQ(fleet_->Run({"runs", "wait", id}).exit_code, 3);
  EXPECT_THAT(fleet_->Run({"runs", "get", id}).out, HasSubstr(kAdvice));
}

TEST_F(KeptSecrets, ServeARunThatIsRepeatedWithoutItsSubmittersHelp) {
  Start({"--secrets", File("[127.0.0.1]")}, {});
  ASSERT_EQ(Run({"--report", "json=run.json"}).exit_code, 0);
  const Finished runs = fleet_->Run({"runs", "list", "-o", "name"});
  const std::string id = runs.out.substr(0, runs.out.find('\n'));
  const Finished again = fleet_->Run({"runs", "rerun", id});
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
}

TEST_F(KeptSecrets, AreRefusedAtStartWithThePlaceOfTheMistake) {
  const std::string file = files_.Write("secrets.yaml", "version: wsfleet/v1\nsecrets:\n  JWT_KEY: s3cr3t\n");
  const Finished coordinator = RunCommand(
      {{Binary("wsfleet-coordinator"), "--store", ":memory:", "--insecure-plaintext", "--secrets", file}, {}, ""},
      absl::Seconds(30));
  EXPECT_EQ(coordinator.exit_code, 1);
  EXPECT_THAT(coordinator.err, HasSubstr("secrets.yaml:3:12: JWT_KEY: expected where its value is"));
  EXPECT_THAT(coordinator.err, Not(HasSubstr("s3cr3t")));
}

}  // namespace
}  // namespace wsfleet::testing
