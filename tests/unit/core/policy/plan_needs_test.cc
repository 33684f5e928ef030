#include "core/policy/plan_needs.h"

#include <string>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

PlanNeeds NeedsOfSuite(const std::string& head, const std::string& scenarios, const Variables& variables = {}) {
  Bundle bundle;
  bundle.suites = {"gate.yaml"};
  bundle.files["gate.yaml"] = "version: wsfleet/v1\nname: gate\n" + head + "\nscenarios:\n" + scenarios;
  const ResolveResult resolved = Resolve(bundle, {}, variables);
  if (resolved.plan) return NeedsOf(*resolved.plan, variables);
  ADD_FAILURE() << resolved.diagnostics.front().message;
  return {};
}

// One scenario of these steps.
std::string Steps(const std::string& steps, const std::string& more = "") {
  return fmt::format("  - name: s\n    steps: {}\n{}", steps, more);
}

TEST(PlanNeeds, ArePlacesOfCandidatesStepsAndProxies) {
  const PlanNeeds needs = NeedsOfSuite(
      "targets:\n  a: {url: wss://a.example, proxy: \"http://proxy.example:3128\"}\n  b: {url: "
      "\"ws://b.example:9000\"}\n"
      "target: [a, b]",
      Steps("[{connect: {path: /}}, {ping: {}}, {repeat: {times: 2, steps: [{http: {get: \"https://c.example/x\", "
            "expect: {status: 200}}}]}}]"));
  EXPECT_THAT(needs.places, Optional(ElementsAre(TargetPlace{"a.example", 443}, TargetPlace{"b.example", 9000},
                                                 TargetPlace{"c.example", 443}, TargetPlace{"proxy.example", 3128})));
}

TEST(PlanNeeds, KnowAPlaceByWhatStandsBeforeTheFirstNameOfTheRun) {
  const auto places = [](const std::string& url) {
    return NeedsOfSuite("target: wss://a.example", Steps("[{connect: {path: \"" + url + "\"}}, {ping: {}}]")).places;
  };
  const TargetPlace target{"a.example", 443}, other{"b.example", 443};
  EXPECT_THAT(places("wss://b.example/ws?session=${session.id}"), Optional(ElementsAre(target, other)));
  EXPECT_THAT(places("wss://b.example?session=${session.id}"), Optional(ElementsAre(target, other)));
  EXPECT_EQ(places("wss://${region}.example"), std::nullopt);
  EXPECT_EQ(places("wss://b.example${region}"), std::nullopt);
  // A path is asked of the target.
  EXPECT_THAT(places("/ws/${session.id}"), Optional(ElementsAre(target)));
}

TEST(PlanNeeds, OfManyPlacesAreNotKnown) {
  std::string hosts;
  for (int i = 0; i < 65; ++i) hosts += fmt::format("{}h{}", i == 0 ? "" : ", ", i);
  const PlanNeeds needs = NeedsOfSuite(
      "target: wss://a.example",
      Steps("[{connect: {path: \"wss://${host}.example\"}}, {ping: {}}]", "    matrix: {host: [" + hosts + "]}\n"));
  EXPECT_EQ(needs.places, std::nullopt);
  EXPECT_EQ(needs.sessions, 65U);
}

TEST(PlanNeeds, AreTheConnectionsOfTheLargestCaseAndTheSessionsOfAll) {
  const PlanNeeds needs = NeedsOfSuite("target: wss://a.example",
                                       "  - name: one\n    retries: 2\n    steps: [{connect: {path: /}}, {ping: {}}]\n"
                                       "  - name: many\n    concurrent: 5\n    steps: [{connect: {path: /}}, {connect: "
                                       "{path: /, as: b}}, {drop: {}, via: "
                                       "b}, {connect: {path: /, as: b}}, {ping: {}}]\n");
  // Of each session two by name, and one more for a request.
  EXPECT_EQ(needs.connections, 15U);
  EXPECT_EQ(needs.sessions, 8U);
  EXPECT_EQ(PlanNeeds().places, std::nullopt);
}

}  // namespace
}  // namespace wsfleet
