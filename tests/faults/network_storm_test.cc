#include <signal.h>

#include <array>
#include <cstdlib>
#include <random>
#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "tests/faults/network_faults.h"

// Nightly: everything that rows 7 and 9 to 12 do, at random, for minutes.
namespace wsfleet::testing {
namespace {

unsigned EnvironmentOr(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class NetworkStorm : public NetworkFaults {
 protected:
  // One thing that happens to one agent, until it is over or the run is.
  void Strike(FaultyRun& run) {
    static const std::array<std::string, 4> kAgents{"eu-1", "eu-2", "us-1", "us-2"};
    const std::string& agent = kAgents[random_() % kAgents.size()];
    const unsigned kind = random_() % 6;
    const absl::Duration lasts = absl::Milliseconds(100 + random_() % 6000);
    const std::string loss = "numgen random mod 100 < 30 drop";
    switch (kind) {
      case 0:
        CutOff(agent);
        break;
      case 1:
        network_->SetRules(agent, {.leaving = Leaving("drop")});
        break;
      case 2:
        network_->SetRules(agent, {.arriving = Arriving("drop")});
        break;
      case 3:
        network_->SetRules(agent, {.leaving = Leaving("reject with tcp reset")});
        break;
      case 4:
        network_->SetRules(agent, {.leaving = Leaving(loss), .arriving = Arriving(loss)});
        break;
      default:
        fleet_->agent(agent).Signal(SIGSTOP);
    }
    run.Wait(lasts);
    Heal(agent);
    fleet_->agent(agent).Signal(SIGCONT);
  }

  std::string Leases() {
    std::string held;
    const boost::json::value agents = boost::json::parse(fleet_->Run({"agents", "list", "-o", "json"}).out);
    for (const auto& agent : agents.as_array()) {
      for (const auto& shard : agent.at("shards").as_array()) held += std::string(shard.as_string()) + " ";
    }
    return held;
  }

  std::mt19937 random_;
};

TEST_F(NetworkStorm, LosesNoCaseCountsNoneTwiceAndLeavesNoLease) {
  const unsigned seed = EnvironmentOr("WSFLEET_STORM_SEED", std::random_device{}());
  const unsigned rounds = EnvironmentOr("WSFLEET_STORM_ROUNDS", 30);
  SCOPED_TRACE("again with WSFLEET_STORM_SEED=" + std::to_string(seed));
  random_.seed(seed);
  RealFleet& fleet = StartFleet("4s", {"--max-attempts", "100"});
  for (const char* agent : {"eu-1", "eu-2"}) StartAgent(agent, "eu-west-1");
  for (const char* agent : {"us-1", "us-2"}) StartAgent(agent, "us-east-1");
  for (unsigned round = 1; round <= rounds && !HasFailure(); ++round) {
    FaultyRun run(fleet, 30);
    run.Start({"--agents-wait", "60s"});
    ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
    while (run.process().running()) Strike(run);
    EXPECT_EQ(run.Wait(), 0) << run.output() << fleet.coordinator().err();
    run.ExpectEachCaseOnce(2);
    EXPECT_TRUE(WaitUntil([&] { return Leases().empty(); })) << Leases();
  }
}

}  // namespace
}  // namespace wsfleet::testing
