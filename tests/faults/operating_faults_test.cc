#include <signal.h>

#include <map>
#include <set>
#include <string>

#include "absl/time/clock.h"
#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/support/postgres_server.h"

// What operators do, while things go wrong: row 36 of the faults, drains that outlive processes, runs that are not
// kept, several fleets on several coordinators.
namespace wsfleet::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;

std::string StateOf(const RealFleet& fleet, const std::string& agent) {
  const Finished listed = fleet.Run({"agents", "get", agent, "-o", "json"});
  return listed.exit_code == 0 ? std::string(boost::json::parse(listed.out).at("state").as_string()) : listed.err;
}

TEST(Fault36, ADrainWhoseDeadlinePassesHasTheRestRunElsewhere) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1", {"--drain-limit", "1s"});
  FaultyRun run(fleet, 16);
  run.Start({"--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  fleet.StartAgent("eu-2", "eu-west-1");
  const Finished drained = fleet.Run({"agents", "drain", "eu-1", "--wait"});
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
  EXPECT_THAT(drained.out, HasSubstr("drained"));
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.output(), HasSubstr("agent eu-1 gave it back"));
  // It was no attempt of those that are counted, and the process stays.
  EXPECT_THAT(run.output(), ::testing::Not(HasSubstr("of 3")));
  EXPECT_TRUE(fleet.agent("eu-1").running());
  EXPECT_EQ(StateOf(fleet, "eu-1"), "drained");
}

TEST(Drain, OutlivesTheProcessesOfBothAndEndsWhenItIsUndone) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  const Finished drained = fleet.Run({"agents", "drain", "--region", "eu-west-1"});
  ASSERT_EQ(drained.exit_code, 0) << drained.err;
  EXPECT_THAT(drained.err, HasSubstr("eu-west-1 has no other agents"));
  fleet.KillCoordinator();
  fleet.StartCoordinator();
  fleet.KillAgent("eu-1");
  fleet.StartAgent("eu-1", "eu-west-1");
  ASSERT_TRUE(WaitUntil([&] { return StateOf(fleet, "eu-1") == "drained"; })) << StateOf(fleet, "eu-1");
  EXPECT_TRUE(WaitUntil([&] { return fleet.agent("eu-1").err().find("drained by an operator") != std::string::npos; }));
  FaultyRun refused(fleet, 1);
  refused.Start({"--from", "eu-west-1", "--agents-wait", "1s"});
  EXPECT_EQ(refused.Wait(), 3) << refused.output();
  EXPECT_THAT(refused.output(), HasSubstr("eu-1 is drained"));
  ASSERT_EQ(fleet.Run({"agents", "drain", "eu-1", "--undo"}).exit_code, 0);
  FaultyRun run(fleet, 1);
  run.Start();
  EXPECT_EQ(run.Wait(), 0) << run.output();
}

TEST(Retention, RemovesRunsThatAreNotKeptWhileOthersRun) {
  RealFleet::Settings settings;
  settings.coordinator_flags = {"--keep", "1s"};
  RealFleet fleet(settings);
  fleet.StartAgent("eu-1", "eu-west-1", {"--max-shards", "4"});
  FaultyRun other(fleet, 12);
  other.Start();
  ASSERT_TRUE(other.AwaitBegun(1)) << other.output();
  FaultyRun first(fleet, 1);
  first.Start({"--run-key", "nightly"});
  ASSERT_EQ(first.Wait(), 0) << first.output();
  const auto count = [&] {
    return boost::json::parse(fleet.Run({"runs", "list", "-o", "json"}).out).as_array().size();
  };
  EXPECT_TRUE(WaitUntil([&] { return count() <= 1; })) << fleet.coordinator().err();
  // The key is free: another run may have it.
  FaultyRun again(fleet, 2);
  again.Start({"--run-key", "nightly"});
  EXPECT_EQ(again.Wait(), 0) << again.output();
  EXPECT_EQ(other.Wait(), 0) << other.output();
  EXPECT_EQ(other.SeenByTarget().size(), 12u);
  EXPECT_TRUE(WaitUntil([&] { return count() == 0; }));
  EXPECT_TRUE(WaitUntil([&] { return fleet.coordinator().err().find("runs removed") != std::string::npos; }));
}

class ThreeFleets : public ::testing::Test {
 protected:
  // By fleet; empty: nobody's at the moment.
  static std::map<std::string, std::string> Owners(const RealFleet& fleet) {
    std::map<std::string, std::string> owners;
    const Finished listed = fleet.Run({"fleet", "list", "-o", "json"});
    if (listed.exit_code != 0) return owners;
    const auto fleets = boost::json::parse(listed.out);
    for (const auto& entry : fleets.as_array()) {
      owners[std::string(entry.at("fleet").as_string())] = std::string(entry.at("owner").as_string());
    }
    return owners;
  }
  static std::set<std::string> Replicas(const std::map<std::string, std::string>& owners) {
    std::set<std::string> replicas;
    for (const auto& [fleet, owner] : owners) replicas.insert(owner);
    return replicas;
  }

  PostgresServer server_;
};

TEST_F(ThreeFleets, SpreadOverTwoCoordinatorsAndAreTakenOverByTheOther) {
  RealFleet::Settings settings;
  settings.postgres_url = server_.CreateDatabase("fleets");
  settings.replicas = 2;
  settings.lease_time = "20s";
  RealFleet fleet(settings);
  const std::set<std::string> names{"default", "blue", "green"};
  for (const char* name : {"blue", "green"}) ASSERT_EQ(fleet.Run({"fleet", "create", name}).exit_code, 0) << name;
  EXPECT_EQ(fleet.Run({"fleet", "create", "blue"}).exit_code, 2);
  for (const std::string& name : names) fleet.StartAgent("eu-" + name, "eu-west-1", {"--fleet", name});
  std::map<std::string, std::string> owners;
  const auto spread = [&] {
    owners = Owners(fleet);
    return owners.size() == names.size() && !Replicas(owners).contains("") && Replicas(owners).size() == 2;
  };
  ASSERT_TRUE(WaitUntil(spread)) << ::testing::PrintToString(owners);

  fleet.KillCoordinator(0);
  const auto taken_over = [&] {
    owners = Owners(fleet);
    return owners.size() == names.size() && !Replicas(owners).contains("") && Replicas(owners).size() == 1;
  };
  EXPECT_TRUE(WaitUntil(taken_over)) << ::testing::PrintToString(owners);
  for (const std::string& name : names) {
    FaultyRun run(fleet, 1);
    run.Start({"--fleet", name, "--agents-wait", "30s"});
    EXPECT_EQ(run.Wait(), 0) << name << run.output();
  }
  // And when the first is back, it gets its share.
  fleet.StartCoordinator(0);
  EXPECT_TRUE(WaitUntil(spread)) << ::testing::PrintToString(owners);
}

}  // namespace
}  // namespace wsfleet::testing
