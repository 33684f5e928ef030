#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// What an agent was told that it may do at most, by its own flags.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;

std::string Suite(const std::string& target, int concurrent) {
  return "version: wsfleet/v1\nname: limits\ntarget: " + target +
         "\nscenarios:\n  - name: open\n    concurrent: " + std::to_string(concurrent) +
         "\n    steps:\n      - http: {get: /health, expect: {status: 200}}\n";
}

TEST(AgentLimits, ACaseOfMoreSessionsThanTheAgentMayHaveIsInconclusiveAndOneOfAsManyRuns) {
  const TargetServer target(DemoTarget());
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1", {"--max-sessions", "2"});
  const Finished few = fleet.Run({"run", fleet.directory().Write("few.wsfleet.yaml", Suite(target.ws_url(), 2))});
  EXPECT_EQ(few.exit_code, 0) << few.out << few.err;
  const Finished many = fleet.Run({"run", fleet.directory().Write("many.wsfleet.yaml", Suite(target.ws_url(), 3))});
  EXPECT_EQ(many.exit_code, 3) << many.out << many.err;
  EXPECT_THAT(many.out, HasSubstr("3 sessions at once, and this agent no more than 2 (--max-sessions)"));
}

}  // namespace
}  // namespace wsfleet::testing
