#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

namespace wsfleet::testing {
namespace {

constexpr char kHoldingSuite[] = R"(version: wsfleet/v1
name: holding
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
auth: {user: {jwt: {alg: HS256, key: "${secret.JWT_KEY}", claims: {sub: holder}}}}
scenarios:
  - name: holds ten connections
    concurrent: 10
    deadline: 5m
    steps:
      - connect: {path: /ws, auth: user}
      - expect_none: {match: {$.type: never}, for: 4m}
)";

int Count(const std::string& text, const std::string& word) {
  int count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(Cancel, CtrlCEndsEverySessionAtTheTargetOnAllAgents) {
  TargetServer target(DemoTarget());
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  fleet.StartAgent("us-1", "us-east-1");
  fleet.StartAgent("ap-1", "ap-south-1");
  ChildProcess run(fleet.Client({"run", fleet.directory().Write("holding.wsfleet.yaml", kHoldingSuite), "--var",
                                 "target=" + target.ws_url(), "--secret", "JWT_KEY=env:JWT_KEY"}));
  ASSERT_TRUE(WaitUntil([&] { return Count(target.access_log(), "\"upgrade\"") == 30; }))
      << target.access_log() << run.err();
  run.Signal(SIGINT);
  EXPECT_EQ(run.Wait(absl::Seconds(20)), 130) << run.out() << run.err();
  // "Within a second" is what a person sees; the limit here is for slow machines.
  EXPECT_TRUE(WaitUntil([&] { return Count(target.access_log(), "\"close\"") == 30; }, absl::Seconds(10)))
      << target.access_log();
}

TEST(Cancel, IsTheReasonThatAReportNamesAndNoAgentIsBlamed) {
  TargetServer target(DemoTarget());
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  const Finished started = fleet.Run({"run", fleet.directory().Write("holding.wsfleet.yaml", kHoldingSuite), "--var",
                                      "target=" + target.ws_url(), "--secret", "JWT_KEY=env:JWT_KEY", "--detach"});
  ASSERT_EQ(started.exit_code, 0) << started.err;
  const std::string id = started.out.substr(0, started.out.find('\n'));
  ASSERT_TRUE(WaitUntil([&] { return Count(target.access_log(), "\"upgrade\"") == 10; })) << target.access_log();
  ASSERT_EQ(fleet.Run({"runs", "cancel", id}).exit_code, 0);
  EXPECT_EQ(fleet.Run({"runs", "wait", id}).exit_code, 130);
  const std::string report = fleet.Run({"runs", "report", id, "--report", "md=-"}).out;
  const std::size_t next = report.find("## Next action");
  ASSERT_NE(next, std::string::npos) << report;
  EXPECT_NE(report.find("(cancelled: wsfleet runs cancel, by ", next), std::string::npos) << report;
  EXPECT_EQ(report.find("look at the agents", next), std::string::npos) << report;
}

TEST(Cancel, IsNotWhatAnIgnoredSignalMeansAndSaysWhichOneItWas) {
  TargetServer target(DemoTarget());
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  Command command = fleet.Client({"run", fleet.directory().Write("holding.wsfleet.yaml", kHoldingSuite), "--var",
                                  "target=" + target.ws_url(), "--secret", "JWT_KEY=env:JWT_KEY"});
  // As `nohup`, and as a script's `&`, start it.
  const std::vector<std::string> shell{"/bin/sh", "-c", "trap '' HUP INT; exec \"$@\"", "sh"};
  command.arguments.insert(command.arguments.begin(), shell.begin(), shell.end());
  ChildProcess run(command);
  ASSERT_TRUE(WaitUntil([&] { return Count(target.access_log(), "\"upgrade\"") == 10; })) << run.err();
  for (const int ignored : {SIGHUP, SIGINT}) run.Signal(ignored);
  run.Signal(SIGTERM);
  EXPECT_EQ(run.Wait(absl::Seconds(20)), 130) << run.out() << run.err();
  EXPECT_NE(run.err().find("(SIGTERM again ends at once)"), std::string::npos) << run.err();
  EXPECT_NE(run.out().find("cancelled: SIGTERM"), std::string::npos) << run.out();
}

}  // namespace
}  // namespace wsfleet::testing
