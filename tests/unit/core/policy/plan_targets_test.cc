#include "core/policy/plan_targets.h"

#include <string>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A suite of one scenario; `head` has its target, `steps` stand in line 8.
std::string SuiteOf(const std::string& head, const std::string& steps = "[{connect: {path: /}}, {ping: {}}]") {
  return "version: wsfleet/v1\nname: gate\n" + head + "\nscenarios:\n  - name: one\n    steps: " + steps + "\n";
}

absl::Status CheckOf(const std::string& suite, const Variables& variables = {}) {
  Bundle bundle;
  bundle.suites = {"gate.yaml"};
  bundle.files["gate.yaml"] = suite;
  const ResolveResult resolved = Resolve(bundle, {}, variables);
  if (!resolved.plan) return absl::InternalError(resolved.diagnostics.front().message);
  const TargetPolicy policy{false, {{"*.good.example"}, {"proxy.good.example", {3128}}}};
  return CheckPlanTargets(*resolved.plan, variables, policy, "the policy of fleet test");
}

void ExpectDenied(const absl::Status& status, const std::string& place, const std::string& target) {
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(ToStd(status.message())), AllOf(HasSubstr(place), HasSubstr("target " + target)));
}

TEST(PlanTargets, ArePermittedOrNamedWithTheirPlace) {
  EXPECT_TRUE(CheckOf(SuiteOf("target: wss://a.good.example/ws")).ok());
  ExpectDenied(CheckOf(SuiteOf("target: wss://a.bad.example/ws")), "gate.yaml:3:9: ", "a.bad.example:443");
  ExpectDenied(CheckOf(SuiteOf("target: wss://a.good.example:9000/ws")), "gate.yaml:3:9", "a.good.example:9000");
}

TEST(PlanTargets, OfVariablesAreKnownBeforeTheRun) {
  Variables variables;
  variables.vars["stage"] = "bad";
  const std::string suite = SuiteOf("vars: {stage: good}\ntarget: \"wss://${stage}.example.${env.TLD}\"");
  variables.env["TLD"] = "net";
  ExpectDenied(CheckOf(suite, variables), "gate.yaml:4:", "bad.example.net:443");
  ExpectDenied(CheckOf(SuiteOf("target: wss://a.good.example",
                               "[{connect: {path: \"wss://${host}.example\"}}, {ping: {}}]\n    matrix: {host: [good, "
                               "a.good, b.bad]}")),
               "gate.yaml:6:", "good.example:443");
}

TEST(PlanTargets, ThatOnlyTheRunKnowsAreLeftToTheAgents) {
  EXPECT_TRUE(CheckOf(SuiteOf("targets: {t: {url: \"wss://${region}.example\"}}\ntarget: t")).ok());
  EXPECT_TRUE(CheckOf(SuiteOf("target: wss://a.good.example",
                              "[{http: {get: /where, capture: {there: $.url}}}, {connect: {path: "
                              "\"wss://${there}\"}}, {ping: {}}]"))
                  .ok());
}

TEST(PlanTargets, AreThoseOfEveryStepAndProxy) {
  const std::string good = "target: wss://a.good.example";
  ExpectDenied(CheckOf(SuiteOf(good, "[{http: {get: \"http://10.0.0.1/\", expect: {status: 200}}}]")),
               "gate.yaml:6:", "10.0.0.1:80");
  ExpectDenied(
      CheckOf(SuiteOf(good,
                      "[{repeat: {times: 2, steps: [{http: {get: \"http://b.example/\", expect: {status: 200}}}]}}]")),
      "gate.yaml:6:", "b.example:80");
  ExpectDenied(CheckOf(SuiteOf(good + "\nrequires: [{http: {get: \"http://c.example/\", expect: {status: 200}}}]")),
               "gate.yaml:4:", "c.example:80");
  ExpectDenied(CheckOf(SuiteOf(good, "[{connect: {path: /, proxy: \"http://p.example:3128\"}}, {ping: {}}]")),
               "gate.yaml:6:", "p.example:3128");
  EXPECT_TRUE(
      CheckOf(SuiteOf(good, "[{connect: {path: /, proxy: \"http://proxy.good.example:3128\"}}, {ping: {}}]")).ok());
}

TEST(PlanTargets, OfWhichOneIsTakenNeedOnlyOneThatIsPermitted) {
  const std::string targets =
      "targets: {near: {url: \"ws://127.0.0.1:8080\", requires: [{env: NEAR}]}, far: {url: \"wss://a.good.example\"}, "
      "gone: {url: \"wss://gone.example\"}}\n";
  EXPECT_TRUE(CheckOf(SuiteOf(targets + "target: [near, far]")).ok());
  ExpectDenied(CheckOf(SuiteOf(targets + "target: [near, gone]")), "gate.yaml:3:", "127.0.0.1:8080");
}

TEST(PlanTargets, AreRefusedInSpellingsThatProgramsDoNotAgreeOn) {
  for (const char* host : {"0x7f.1", "0177.0.0.1", "2130706433"}) {
    const absl::Status status = CheckOf(SuiteOf(std::string("target: \"ws://") + host + "/\""));
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(ToStd(status.message())), HasSubstr("gate.yaml:3:"));
  }
  for (const char* host : {"[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1"}) {
    EXPECT_TRUE(absl::IsPermissionDenied(CheckOf(SuiteOf(std::string("target: \"ws://") + host + "/\"")))) << host;
  }
}

}  // namespace
}  // namespace wsfleet
