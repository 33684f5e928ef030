#include <signal.h>

#include <map>
#include <memory>
#include <regex>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"

// Row 19 of the faults: two processes of one name.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;

std::string BootOf(const ChildProcess& agent) {
  static const std::regex kPattern("agent starts .*boot=([0-9a-f]+)");
  const std::string log = agent.err();
  std::smatch found;
  return std::regex_search(log, found, kPattern) ? found[1].str() : "no boot";
}

bool Says(const ChildProcess& agent, const std::string& what) { return agent.err().find(what) != std::string::npos; }

TEST(Fault19, TheNewestOfTwoProcessesOfOneNameWinsAndTheOtherNamesItAndExits) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 8);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  ChildProcess twin(fleet.Agent("eu-1", "eu-west-1"));
  EXPECT_EQ(fleet.agent("eu-1").Wait(absl::Seconds(30)), 1) << fleet.agent("eu-1").err();
  ASSERT_TRUE(WaitUntil([&] { return Says(twin, "session begins"); })) << twin.err();
  EXPECT_THAT(fleet.agent("eu-1").err(), HasSubstr("fenced: agent eu-1 has connected again, as boot " + BootOf(twin)));
  EXPECT_THAT(fleet.agent("eu-1").err(), HasSubstr("another process has its name, and the newest is kept"));
  EXPECT_THAT(fleet.coordinator().err(), HasSubstr("as boot " + BootOf(twin)));
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
}

TEST(Fault19, ProcessesThatTakeANameFromEachOtherAreQuarantinedBoth) {
  RealFleet fleet;
  // Two supervisors that start theirs again whenever it ends.
  std::map<std::string, std::unique_ptr<ChildProcess>> hosts;
  const auto supervise = [&] {
    for (const char* host : {"one", "other"}) {
      std::unique_ptr<ChildProcess>& process = hosts[host];
      if (process == nullptr || !process->running()) {
        process = std::make_unique<ChildProcess>(fleet.Agent("eu-1", "eu-west-1"));
        // Let it in before the other one comes.
        WaitUntil(
            [&] { return Says(*process, "session begins") || Says(*process, "quarantined") || !process->running(); });
      }
    }
  };
  EXPECT_TRUE(WaitUntil([&] {
    supervise();
    return Says(*hosts["one"], "quarantined") && Says(*hosts["other"], "quarantined");
  })) << hosts["one"]->err()
      << hosts["other"]->err();
  // They wait to be let in.
  EXPECT_TRUE(hosts["one"]->running());
  EXPECT_TRUE(hosts["other"]->running());
  EXPECT_THAT(hosts["one"]->err(), HasSubstr(BootOf(*hosts["other"])));
  EXPECT_THAT(hosts["one"]->err(), HasSubstr("give each a name of its own"));
  EXPECT_THAT(fleet.coordinator().err(), HasSubstr("quarantined: processes take the name eu-1 from each other"));
  EXPECT_THAT(fleet.Run({"agents", "list"}).out, HasSubstr("quarantined"));
  // Another one is not affected.
  fleet.StartAgent("eu-2", "eu-west-1");
  FaultyRun run(fleet, 2);
  run.Start();
  EXPECT_EQ(run.Wait(), 0) << run.output();
}

}  // namespace
}  // namespace wsfleet::testing
