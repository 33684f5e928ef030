#include <map>
#include <string>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/faults/network_faults.h"
#include "tests/support/postgres_server.h"

// `wsfleet fleet stop` and `resume`, with real programs: what runs ends, on agents that hear of it and on those that
// cannot, and nothing begins, whichever coordinator is asked.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Two seconds is what is promised; the limit here is for slow machines.
constexpr absl::Duration kSoon = absl::Seconds(10);
constexpr char kWhy[] = "runaway load";
// Long cases: none of them ends by itself.
FaultyRun::Shape LongCases() { return {.cases = 4, .pause = "100s"}; }

Finished Stop(const RealFleet& fleet) { return fleet.Run({"fleet", "stop", "--reason", kWhy}); }

void ExpectStopped(RealFleet& fleet) {
  const Finished listed = fleet.Run({"fleet", "list", "-o", "json"});
  const boost::json::value stop = boost::json::parse(listed.out).as_array().at(0).at("stopped");
  ASSERT_TRUE(stop.is_object()) << listed.out << listed.err;
  EXPECT_EQ(stop.at("reason").as_string(), kWhy);
  EXPECT_THAT(fleet.Run({"fleet", "list"}).out, HasSubstr("stopped by "));
  EXPECT_THAT(fleet.Run({"agents", "list"}).err, HasSubstr(kWhy));
  const Finished doctor = fleet.Run({"doctor"});
  EXPECT_EQ(doctor.exit_code, 3) << doctor.out;
  EXPECT_THAT(doctor.out, HasSubstr("it is stopped by "));
  FaultyRun refused(fleet, 1);
  refused.Start();
  EXPECT_EQ(refused.Wait(), 3) << refused.output();
  EXPECT_THAT(refused.output(), HasSubstr("fleet-stopped by "));
  EXPECT_THAT(refused.output(), HasSubstr("wsfleet fleet resume"));
}

void ExpectRuns(RealFleet& fleet) {
  FaultyRun run(fleet, 1);
  run.Start({"--agents-wait", "30s"});
  EXPECT_EQ(run.Wait(), 0) << run.output();
}

// What was done a moment ago may not have been written yet.
bool AwaitAudit(RealFleet& fleet, const std::string& action) {
  return WaitUntil([&] { return fleet.Run({"audit", "--since", "1h"}).out.find(action) != std::string::npos; });
}

TEST(KillSwitch, EndsWhatRunsAndRefusesTheRestUntilResume) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  fleet.StartAgent("us-1", "us-east-1");
  FaultyRun run(fleet, LongCases());
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  const Finished stopped = Stop(fleet);
  ASSERT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_EQ(stopped.out, "default\n");
  EXPECT_THAT(stopped.err, HasSubstr(kWhy));
  EXPECT_EQ(run.Wait(kSoon), 130) << run.output();
  EXPECT_THAT(run.output(), HasSubstr("fleet-stopped by "));
  EXPECT_THAT(run.output(), HasSubstr(kWhy));
  for (const char* agent : {"eu-1", "us-1"}) EXPECT_TRUE(AwaitLog(fleet.agent(agent), "stopped with its fleet"));
  ExpectStopped(fleet);

  EXPECT_TRUE(AwaitAudit(fleet, "fleet.stop"));

  // It is desired state: it outlives the process of the coordinator.
  fleet.KillCoordinator();
  fleet.StartCoordinator();
  ExpectStopped(fleet);
  ASSERT_EQ(fleet.Run({"fleet", "resume"}).exit_code, 0);
  ExpectRuns(fleet);
  EXPECT_EQ(fleet.Run({"doctor"}).exit_code, 0);
  EXPECT_TRUE(AwaitAudit(fleet, "fleet.resume"));
}

TEST(KillSwitch, IsAnOperatorsToPullAndAnAdminsToUndo) {
  RealFleet fleet;
  std::map<std::string, std::string> tokens;
  const auto run_as = [&](const std::string& role, const std::vector<std::string>& arguments) {
    std::string& made = tokens[role];
    if (made.empty()) made = fleet.Run({"tokens", "create", role, "--role", role}).out;
    Command command = fleet.Client(arguments);
    command.environment["WSFLEET_TOKEN_FILE"] = "";
    command.environment["WSFLEET_TOKEN"] = made.substr(0, made.find('\n'));
    return RunCommand(command, absl::Seconds(60));
  };
  EXPECT_EQ(run_as("runner", {"fleet", "stop", "--reason", kWhy}).exit_code, 4);
  EXPECT_EQ(run_as("operator", {"fleet", "stop", "default", "--reason", kWhy}).exit_code, 0);
  EXPECT_EQ(run_as("operator", {"fleet", "resume", "default"}).exit_code, 4);
  EXPECT_THAT(fleet.Run({"fleet", "list"}).out, HasSubstr("stopped by operator "));
  EXPECT_EQ(fleet.Run({"fleet", "stop"}).exit_code, 2) << "without a reason";
  EXPECT_EQ(run_as("admin", {"fleet", "resume", "default"}).exit_code, 0);
  EXPECT_THAT(fleet.Run({"fleet", "list"}).out, Not(HasSubstr("stopped")));
}

using KillSwitchFaults = NetworkFaults;

TEST_F(KillSwitchFaults, EndsWhatAnAgentRunsThatIsCutOffWithinALeaseTime) {
  RealFleet& fleet = StartFleet("2s");
  StartAgent("eu-1", "eu-west-1");
  StartAgent("us-1", "us-east-1");
  FaultyRun run(fleet, 40);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(6)) << run.output();
  CutOff("eu-1");
  ASSERT_EQ(Stop(fleet).exit_code, 0);
  EXPECT_TRUE(AwaitLog(fleet.agent("us-1"), "stopped with its fleet", kSoon));
  // Nobody can tell the other; its lease ends, and the run, which waited for it.
  EXPECT_TRUE(AwaitLog(fleet.agent("eu-1"), "the lease ended, and no coordinator had renewed it", kSoon));
  EXPECT_EQ(run.Wait(), 130) << run.output();
  const std::size_t begun = run.SeenByTarget().size();
  Heal("eu-1");
  EXPECT_TRUE(AwaitLog(fleet.agent("eu-1"), "stopped with its fleet")) << fleet.agent("eu-1").err();
  ASSERT_EQ(fleet.Run({"fleet", "resume"}).exit_code, 0);
  ExpectRuns(fleet);
  // One case may have begun while each was told to stop.
  EXPECT_LE(run.SeenByTarget().size(), begun + 1);
}

TEST(KillSwitch, HoldsWhenAnotherCoordinatorTakesOver) {
  PostgresServer server;
  RealFleet::Settings settings;
  settings.postgres_url = server.CreateDatabase("stopped");
  settings.replicas = 2;
  settings.lease_time = "20s";
  RealFleet fleet(settings);
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, LongCases());
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(1)) << run.output();
  ASSERT_EQ(Stop(fleet).exit_code, 0);
  ASSERT_TRUE(WaitUntil([&] { return fleet.Owner().has_value(); }));
  const std::size_t owner = *fleet.Owner();
  fleet.KillCoordinator(owner);
  ASSERT_TRUE(WaitUntil([&] { return fleet.Owner() == 1 - owner; })) << fleet.coordinator(1 - owner).err();
  EXPECT_EQ(run.Wait(), 130) << run.output();
  ExpectStopped(fleet);
  ASSERT_EQ(fleet.Run({"fleet", "resume"}).exit_code, 0);
  ExpectRuns(fleet);
}

}  // namespace
}  // namespace wsfleet::testing
