#include "core/scenario/plan.h"
#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

namespace wsfleet {
namespace {

constexpr char kMatrixSuite[] = R"(version: wsfleet/v1
name: s
target: "${where}"
vars: {where: "ws://127.0.0.1:1"}
scenarios:
  - name: late
    priority: 9
    tags: [slow]
    steps: [{http: {get: /, expect: {status: 200}}}]
  - name: early
    priority: 1
    matrix: {a: [1, 2], b: [x]}
    steps: [{http: {get: /, expect: {status: 200}}}]
)";

std::vector<std::string> CaseIds(const ResolveResult& result) {
  std::vector<std::string> ids;
  if (result.plan) {
    for (const PlannedCase& planned : result.plan->cases) ids.push_back(planned.id.value());
  }
  return ids;
}

TEST(Resolve, OrdersByTierAndNamesEachCellOfAMatrix) {
  const ResolveResult result = Resolve(TextBundle(kMatrixSuite), {}, {});
  ASSERT_NE(result.plan, nullptr);
  EXPECT_EQ(CaseIds(result), (std::vector<std::string>{"s/early [a=1, b=x]", "s/early [a=2, b=x]", "s/late"}));
}

TEST(Resolve, FillsInTheTemplatesOfAMatrix) {
  const Bundle bundle = TextBundle(R"(version: wsfleet/v1
name: s
target: ws://127.0.0.1:1
vars: {stage: blue, count: 3}
scenarios:
  - name: one
    requires: [{env: ROOM}]
    matrix: {room: ["${stage}-1", "${env.ROOM}"], n: ["${count}"]}
    steps: [{http: {get: "/${room}", expect: {status: 200}}}]
)");
  Variables variables;
  variables.env["ROOM"] = "hall";
  const ResolveResult result = Resolve(bundle, {}, variables);
  ASSERT_NE(result.plan, nullptr);
  EXPECT_EQ(CaseIds(result), (std::vector<std::string>{"s/one [room=blue-1, n=3]", "s/one [room=hall, n=3]"}));
  EXPECT_EQ(result.plan->cases[0].cell[1].second, boost::json::value(3));
  EXPECT_EQ(result.plan->environment, std::vector<std::string>{"ROOM"});
  variables.env.clear();
  variables.vars["stage"] = "green";
  EXPECT_EQ(CaseIds(Resolve(bundle, {}, variables)),
            (std::vector<std::string>{"s/one [room=green-1, n=3]", "s/one [room=${env.ROOM}, n=3]"}));
}

TEST(Resolve, SelectsByExpressionTagAndTier) {
  const Bundle bundle = TextBundle(kMatrixSuite);
  Selection grep, tag, tier;
  grep.grep = "a=2";
  tag.tags = {"slow"};
  tier.max_priority = 1;
  EXPECT_EQ(CaseIds(Resolve(bundle, grep, {})), std::vector<std::string>{"s/early [a=2, b=x]"});
  EXPECT_EQ(CaseIds(Resolve(bundle, tag, {})), std::vector<std::string>{"s/late"});
  EXPECT_EQ(CaseIds(Resolve(bundle, tier, {})).size(), 2u);
}

TEST(Resolve, SelectsByTheNameWithAndWithoutItsSuiteAndItsMatrix) {
  const auto cases = [](const std::string& grep) {
    Selection selection;
    selection.grep = grep;
    return CaseIds(Resolve(TextBundle(kMatrixSuite), selection, {}));
  };
  EXPECT_EQ(cases("^late$"), std::vector<std::string>{"s/late"});
  EXPECT_EQ(cases("^s/late$"), std::vector<std::string>{"s/late"});
  EXPECT_EQ(cases("^early$").size(), 2u);
  EXPECT_EQ(cases("^early \\[a=2, b=x\\]$"), std::vector<std::string>{"s/early [a=2, b=x]"});
}

TEST(Resolve, RefusesASelectionOfNothingAndSaysWhatThereIs) {
  Selection selection;
  selection.grep = "nowhere";
  const ResolveResult result = Resolve(TextBundle(kMatrixSuite), selection, {});
  ASSERT_EQ(result.plan, nullptr);
  // In one line: what a suite says may not begin one.
  EXPECT_TRUE(result.diagnostics.front().message.starts_with("nothing is selected; expected cases among s/"));
  EXPECT_NE(result.diagnostics.front().message.find("s/late"), std::string::npos);
  EXPECT_EQ(result.diagnostics.front().message.find('\n'), std::string::npos);
}

TEST(Resolve, NamesTheTagsThatThereAreIfNoneOfThemIsSelected) {
  const auto message = [](const std::string& tags) {
    Selection selection;
    selection.tags = {"smok"};
    const Bundle bundle = TextBundle("version: wsfleet/v1\nname: s\ntarget: ws://a\nscenarios:\n  - {name: one, " +
                                     tags + "steps: [{connect: {path: /}}, {ping: {}}]}\n");
    const ResolveResult result = Resolve(bundle, selection, {});
    return result.diagnostics.empty() ? "" : result.diagnostics.front().message;
  };
  EXPECT_EQ(message("tags: [smoke, slow], "), "nothing is selected; expected a tag among slow · smoke");
  EXPECT_EQ(message(""), "nothing is selected; no scenario has tags");
}

TEST(Resolve, RefusesAVariableThatNoSuiteHas) {
  Variables variables;
  variables.vars["wher"] = "x";
  const ResolveResult result = Resolve(TextBundle(kMatrixSuite), {}, variables);
  ASSERT_EQ(result.plan, nullptr);
  EXPECT_NE(result.diagnostics.front().message.find("did you mean \"where\"?"), std::string::npos);
}

TEST(Resolve, RefusesWhatThisVersionDoesNotRunOnlyWhereItIsSelected) {
  Bundle bundle = TextBundle(kMatrixSuite);
  bundle.suites.push_back("y.wsfleet.yaml");
  bundle.files["y.wsfleet.yaml"] =
      "version: wsfleet/v1\nname: later\ntarget: ws://a\nthresholds: [{expr: connect p95 < 1s}]\n"
      "scenarios: [{name: one, steps: [{connect: {path: /}}, {ping: {}}]}]\n";
  const ResolveResult all = Resolve(bundle, {}, {});
  ASSERT_EQ(all.plan, nullptr);
  EXPECT_EQ(all.diagnostics.front().message, "\"thresholds\" is not in this version");
  EXPECT_EQ(all.diagnostics.front().range.line, 4u);
  Selection selection;
  selection.grep = "early";
  EXPECT_NE(Resolve(bundle, selection, {}).plan, nullptr);
}

TEST(Resolve, NumbersTheRoundsOfARepeat) {
  Selection selection;
  selection.tags = {"slow"};
  selection.repeat = 2;
  EXPECT_EQ(CaseIds(Resolve(TextBundle(kMatrixSuite), selection, {})),
            (std::vector<std::string>{"s/late #1", "s/late #2"}));
  selection.repeat = 200'000;
  const ResolveResult result = Resolve(TextBundle(kMatrixSuite), selection, {});
  ASSERT_EQ(result.plan, nullptr);
  EXPECT_EQ(result.diagnostics.front().message, "more than 100000 cases are selected; choose fewer or repeat less");
}

TEST(Resolve, SelectsCasesByTheirIdsWhateverTheseWouldMeanAsExpressions) {
  const Bundle bundle = TextBundle(kMatrixSuite);
  Selection selection;
  selection.cases = {CaseId("s/early [a=2, b=x]")};
  EXPECT_EQ(CaseIds(Resolve(bundle, selection, {})), std::vector<std::string>{"s/early [a=2, b=x]"});
  // Only of what else is selected.
  selection.tags = {"slow"};
  EXPECT_EQ(Resolve(bundle, selection, {}).plan, nullptr);
}

TEST(Resolve, SelectsOneRoundOfARepeat) {
  Selection selection;
  selection.repeat = 3;
  selection.cases = {CaseId("s/late #3")};
  EXPECT_EQ(CaseIds(Resolve(TextBundle(kMatrixSuite), selection, {})), std::vector<std::string>{"s/late #3"});
}

TEST(Resolve, RefusesACaseThatThereIsNot) {
  Selection selection;
  selection.cases = {CaseId("s/late"), CaseId("s/lata")};
  const ResolveResult result = Resolve(TextBundle(kMatrixSuite), selection, {});
  ASSERT_EQ(result.plan, nullptr);
  EXPECT_EQ(result.diagnostics.front().message,
            "no case that is selected is named \"s/lata\"; did you mean \"s/late\"?");
}

TEST(Resolve, RefusesTwoCasesOfOneName) {
  std::string text = kMatrixSuite;
  text += "  - name: \"early [a=1, b=x]\"\n    steps: [{http: {get: /, expect: {status: 200}}}]\n";
  const ResolveResult result = Resolve(TextBundle(text), {}, {});
  ASSERT_EQ(result.plan, nullptr);
  EXPECT_EQ(result.diagnostics.front().message, "two cases are named \"s/early [a=1, b=x]\"");
}

TEST(Resolve, NamesNoCaseWithNul) {
  Selection selection;
  selection.grep = "^one";
  const ResolveResult result = Resolve(TextBundle(R"(version: wsfleet/v1
name: "s\0"
target: ws://127.0.0.1:1
scenarios:
  - name: "one\0"
    matrix: {v: ["a\0b", "a\uFFFDb"]}
    steps: [{http: {get: /, expect: {status: 200}}}]
)"),
                                       selection, {});
  EXPECT_EQ(CaseIds(result), (std::vector<std::string>{"s\\0/one\\0 [v=a\\0b]",
                                                       "s\\0/one\\0 [v=a\uFFFD"
                                                       "b]"}));
  EXPECT_EQ(result.plan->cases[0].cell[0].second, boost::json::value(std::string("a\0b", 3))) << "what runs keeps it";
}

TEST(Resolve, GivesEachStepItsTime) {
  const std::string steps =
      "      - connect: {path: /ws, within: 9s}\n      - expect: {match: {$.a: 1}}\n"
      "      - repeat: {times: 2, steps: [{ping: {}}]}\n";
  const auto result = Resolve(TextBundle(SuiteText(steps, "target: ws://a\ndefaults: {within: 2s}\n")), {}, {});
  ASSERT_NE(result.plan, nullptr);
  const auto& planned = result.plan->cases.front().scenario->steps;
  EXPECT_EQ(std::get<ConnectStep>(planned[0].action).within, absl::Seconds(9));
  EXPECT_EQ(std::get<ExpectStep>(planned[1].action).message.within, absl::Seconds(2));
  EXPECT_EQ(std::get<PingStep>(std::get<RepeatStep>(planned[2].action).steps[0].action).within, absl::Seconds(2));
}

TEST(Resolve, TakesTheContentOfNamedFiles) {
  Bundle bundle =
      TextBundle(SuiteText("      - connect: {path: /ws, tls: {ca: ./ca.pem}}\n      - send: {file: data/x.bin}\n"
                           "      - ping: {}\n",
                           "target: wss://a\n"));
  bundle.files["ca.pem"] = "PEM";
  bundle.files["data/x.bin"] = std::string("a\0b", 3);
  const auto result = Resolve(bundle, {}, {});
  ASSERT_NE(result.plan, nullptr);
  const auto& planned = result.plan->cases.front().scenario->steps;
  EXPECT_EQ(std::get<ConnectStep>(planned[0].action).connection.tls.ca->literal(), "PEM");
  EXPECT_EQ(std::get<SendStep>(planned[1].action).bytes, std::string("a\0b", 3));
}

TEST(Resolve, AsksForTheSecretsOfWhatIsSelectedOnly) {
  const std::string text = SuiteText("      - connect: {path: /ws, auth: user}\n      - ping: {}\n",
                                     "target: ws://a\nrequires: [{env: STAGE}]\nauth:\n"
                                     "  user: {jwt: {alg: HS256, key: \"${secret.USER}\"}}\n"
                                     "  other: {jwt: {alg: HS256, key: \"${secret.OTHER}\"}}\n") +
                           "  - name: two\n    matrix: {who: [other, none]}\n"
                           "    steps: [{connect: {path: /ws, auth: \"${who}\"}}, {ping: {}}]\n";
  Selection one;
  one.grep = "one$";
  const auto result = Resolve(TextBundle(text), one, {});
  ASSERT_NE(result.plan, nullptr);
  EXPECT_EQ(result.plan->secrets, std::vector<std::string>{"USER"});
  EXPECT_EQ(result.plan->environment, std::vector<std::string>{"STAGE"});
  EXPECT_EQ(Resolve(TextBundle(text), {}, {}).plan->secrets, (std::vector<std::string>{"OTHER", "USER"}));
}

TEST(Resolve, TakesTheTargetThatAVariableNames) {
  const std::string text = SuiteText("      - connect: {path: /ws}\n      - ping: {}\n",
                                     "target: \"${stage}\"\nvars: {stage: near}\n"
                                     "targets: {near: {url: ws://near}, far: {url: ws://far}}\n");
  Variables far;
  far.vars["stage"] = "far";
  EXPECT_EQ(Resolve(TextBundle(text), {}, {}).plan->suites.front()->target_candidates.front().name, "near");
  EXPECT_EQ(Resolve(TextBundle(text), {}, far).plan->suites.front()->target_candidates.front().name, "far");
  far.vars["stage"] = "moon";
  const auto nowhere = Resolve(TextBundle(text), {}, far);
  ASSERT_EQ(nowhere.plan, nullptr);
  EXPECT_EQ(nowhere.diagnostics.front().message,
            "target: expected a ws:// or wss:// URL or a name in targets, found \"moon\"");
}

TEST(Resolve, TakesATemplateAmongOtherTargets) {
  const std::string text = std::string(
      "version: wsfleet/v1\nname: s\ntarget: [\"${first}\", far]\nvars: {first: near}\n"
      "targets: {near: {url: ws://near}, far: {url: ws://far}}\n"
      "scenarios: [{name: a, steps: [{http: {get: /, expect: {status: 200}}}]}]\n");
  const ResolveResult result = Resolve(TextBundle(text), {}, {});
  ASSERT_NE(result.plan, nullptr);
  const auto& candidates = result.plan->suites.front()->target_candidates;
  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_EQ(candidates[0].name, "near");
  EXPECT_EQ(candidates[1].name, "far");
}

}  // namespace
}  // namespace wsfleet
