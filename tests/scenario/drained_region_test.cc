#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// A run everywhere says where it did not run.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHealthSuite[] = R"(version: wsfleet/v1
name: health
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios:
  - name: answers
    steps: [{http: {get: /health, expect: {status: 200}}}]
)";

TEST(DrainedRegion, IsNamedByTheRunItsReportsAndExplain) {
  TargetServer target{DemoTarget()};
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  fleet.StartAgent("us-1", "us-east-1");
  const std::string suite = fleet.directory().Write("health.wsfleet.yaml", kHealthSuite);
  const std::string var = "target=" + target.ws_url();
  ASSERT_EQ(fleet.Run({"agents", "drain", "--region", "eu-west-1", "--wait"}).exit_code, 0);

  const std::string line = "eu-west-1 is left out: eu-1 is drained";
  const Finished run = fleet.Run({"run", suite, "--var", var, "--run-key", "k", "--report", "junit=r.xml"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr(line));
  EXPECT_THAT(run.out, HasSubstr("\n  " + line + "\nVERDICT passed"));
  EXPECT_THAT(ReadWholeFile(fleet.directory().path() / "r.xml"), HasSubstr(line));
  const Finished listed = fleet.Run({"runs", "list", "-o", "name"});
  const std::string id = listed.out.substr(0, listed.out.find('\n'));
  EXPECT_THAT(fleet.Run({"runs", "report", id, "--report", "md=-"}).out, HasSubstr("- " + line));
  EXPECT_THAT(fleet.Run({"runs", "logs", id}).out, HasSubstr(line));

  EXPECT_THAT(fleet.Run({"explain", suite, "--var", var}).out, HasSubstr("left out    eu-west-1      eu-1 is drained"));
  const auto plan = boost::json::parse(fleet.Run({"explain", suite, "--var", var, "-o", "json"}).out);
  EXPECT_EQ(plan.at("left_out").at("eu-west-1").at(0).as_string(), "eu-1");
  EXPECT_THAT(fleet.Run({"explain", suite, "--var", var, "--from", "us-east-1"}).out, Not(HasSubstr("left out")));

  ASSERT_EQ(fleet.Run({"agents", "drain", "eu-1", "--undo"}).exit_code, 0);
  const Finished again = fleet.Run({"run", suite, "--var", var});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out + again.err, Not(HasSubstr("left out")));
}

}  // namespace
}  // namespace wsfleet::testing
