#include <string>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// A fleet's policy and an agent's own: what people are told who run something else.
namespace wsfleet::testing {
namespace {

std::string PolicyFor(const TargetServer& target, const std::string& more = "") {
  return fmt::format("version: wsfleet/v1\ntargets:\n  - host: \"127.0.0.1\"\n    ports: [{}]\n{}", target.port(),
                     more);
}

std::string SuiteAt(const std::string& url) {
  return "version: wsfleet/v1\nname: gate\ntargets: {here: {url: \"" + url +
         "\"}}\ntarget: here\nscenarios:\n  - name: alive\n    steps:\n      - http: {get: /health, expect: {status: "
         "200}}\n";
}

class PolicyScenario : public ::testing::Test {
 protected:
  PolicyScenario() : target_(DemoTarget()), fleet_(Allowing(target_)) {}
  static RealFleet::Settings Allowing(const TargetServer& target) {
    RealFleet::Settings settings;
    settings.policy = PolicyFor(target);
    return settings;
  }
  Finished RunAt(const std::string& url, std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"run", fleet_.directory().Write("gate.wsfleet.yaml", SuiteAt(url))});
    return fleet_.Run(flags);
  }

  TargetServer target_;
  RealFleet fleet_;
};

bool Has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

TEST_F(PolicyScenario, LetsRunsReachWhatItListsAndNothingElse) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  const Finished good = RunAt(target_.ws_url());
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  for (const char* url : {"ws://127.0.0.1:1", "ws://10.0.0.1/", "ws://[::ffff:10.0.0.1]/", "ws://[64:ff9b::a00:1]/",
                          "ws://[2002:a00:1::]/", "wss://chat.example.com", "ws://169.254.169.254/"}) {
    const Finished refused = RunAt(url);
    EXPECT_EQ(refused.exit_code, 4) << url << refused.out << refused.err;
    EXPECT_TRUE(Has(refused.err, "gate.wsfleet.yaml:3:") && Has(refused.err, "refused")) << refused.err;
  }
  for (const char* url : {"ws://0x7f.1/", "ws://0177.0.0.1/", "ws://2130706433/"}) {
    const Finished refused = RunAt(url);
    EXPECT_EQ(refused.exit_code, 2) << url << refused.out << refused.err;
    EXPECT_TRUE(Has(refused.err, "programs do not agree")) << refused.err;
  }
}

TEST_F(PolicyScenario, IsAskedAgainByTheAgentOfWhatOnlyTheRunKnows) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  const Finished run = RunAt("ws://${region}.invalid");
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_TRUE(Has(run.out, "[guard]") && Has(run.out, "the policy of the fleet")) << run.out;
}

TEST_F(PolicyScenario, OfAnAgentWinsOverThatOfItsFleet) {
  const std::string own =
      fleet_.directory().Write("own.yaml", "version: wsfleet/v1\ntargets: [{host: chat.example.com}]\n");
  fleet_.StartAgent("eu-1", "eu-west-1", {"--target-policy", own});
  const Finished run = RunAt(target_.ws_url());
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_TRUE(Has(run.out, "the target policy of agent eu-1 itself")) << run.out;
  EXPECT_EQ(target_.access_log(), "") << "nobody was to be connected to";
}

TEST_F(PolicyScenario, IsShownChangedOnceAndAudited) {
  const Finished before = fleet_.Run({"fleet", "policy"});
  EXPECT_EQ(before.exit_code, 0) << before.err;
  EXPECT_EQ(before.out, PolicyFor(target_));
  EXPECT_TRUE(Has(before.err, "nobody has set one")) << before.err;
  const std::string file = fleet_.directory().Write("new.yaml", PolicyFor(target_, "limits: {run_duration: 1m}\n"));
  const Finished dry = fleet_.Run({"fleet", "policy", "set", "-f", file, "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_TRUE(Has(dry.out, "+ limits:\n+   run_duration: 1m\n")) << dry.out;
  EXPECT_EQ(fleet_.Run({"fleet", "policy", "get"}).out, before.out);
  const Finished set = fleet_.Run({"fleet", "policy", "set", "-f", file});
  EXPECT_EQ(set.exit_code, 0) << set.err;
  EXPECT_EQ(set.out, dry.out);
  EXPECT_TRUE(Has(set.err, "is changed")) << set.err;
  const Finished again = fleet_.Run({"fleet", "policy", "set", "-f", file});
  EXPECT_TRUE(Has(again.err, "is unchanged")) << again.err;
  EXPECT_TRUE(Has(fleet_.Run({"fleet", "policy", "-o", "json"}).out, "\"version\":1"));
  fleet_.StartAgent("eu-1", "eu-west-1");
  EXPECT_EQ(RunAt(target_.ws_url()).exit_code, 0) << "nobody wrote the ten minutes that a run has otherwise";
  const Finished refused = RunAt(target_.ws_url(), {"--timeout", "2m"});
  EXPECT_EQ(refused.exit_code, 2) << refused.out << refused.err;
  EXPECT_TRUE(Has(refused.err, "deadline: 2m, and the fleet's policy allows 1m (limits.run_duration)")) << refused.err;
  EXPECT_TRUE(WaitUntil([&] { return Has(fleet_.Run({"audit"}).out, "fleet.policy.set"); }));
  const Finished audit = fleet_.Run({"audit", "-o", "wide"});
  EXPECT_TRUE(Has(audit.out, " 127.0.0.1:") && !Has(audit.out, "ipv4:")) << audit.out;
}

TEST_F(PolicyScenario, RefusesASchedule) {
  fleet_.directory().Write("gate.wsfleet.yaml", SuiteAt("wss://chat.example.com"));
  const std::string file = fleet_.directory().Write(
      "schedules.yaml",
      "version: wsfleet/v1\nschedules:\n  - name: gate\n    every: 1h\n    run: {suites: [gate.wsfleet.yaml]}\n");
  const Finished refused = fleet_.Run({"schedules", "apply", "-f", file});
  EXPECT_EQ(refused.exit_code, 4) << refused.out << refused.err;
  EXPECT_TRUE(Has(refused.err, "target chat.example.com:443 is refused")) << refused.err;
}

}  // namespace
}  // namespace wsfleet::testing
