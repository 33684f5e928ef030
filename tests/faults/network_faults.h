#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/support/test_network.h"

namespace wsfleet::testing {

// Coordinator, client and target in the middle of a network, each agent in a place of its own that has its name. What
// is broken is the way between an agent and the coordinator; the target stays in reach. Skips where there are no
// network namespaces.
class NetworkFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TestNetwork::WhyNot().empty()) GTEST_SKIP() << TestNetwork::WhyNot();
    network_.emplace();
  }

  RealFleet& StartFleet(const std::string& lease_time, const std::vector<std::string>& flags = {}) {
    RealFleet::Settings settings;
    settings.lease_time = lease_time;
    settings.coordinator_flags = flags;
    settings.behind = network_->InMiddle();
    settings.agent_host = TestNetwork::kMiddle;
    return fleet_.emplace(settings);
  }

  void StartAgent(const std::string& id, const std::string& region, const std::vector<std::string>& flags = {}) {
    fleet_->StartAgentIn({.behind = network_->In(id)}, id, region, flags);
  }

  // `fate`: what becomes of the packets, a statement of nftables. The agent's own, or those for it.
  std::vector<std::string> Leaving(const std::string& fate) const { return {"tcp dport " + port() + " " + fate}; }
  std::vector<std::string> Arriving(const std::string& fate) const { return {"tcp sport " + port() + " " + fate}; }

  void CutOff(const std::string& agent) {
    network_->SetRules(agent, {.leaving = Leaving("drop"), .arriving = Arriving("drop")});
  }
  void Heal(const std::string& agent) { network_->ClearRules(agent); }

  // Of the coordinator's listener for agents.
  std::string port() const {
    const std::string address = fleet_->agent_addresses();
    return address.substr(address.rfind(':') + 1);
  }

  // Connections to that listener that the agent's place, or the middle, believes in.
  std::string ConnectionsAt(const std::string& agent) {
    return network_->RunIn(agent, {"ss", "-Htn", "state", "established", "dport = :" + port()});
  }
  std::string ConnectionsInMiddle() {
    return network_->RunInMiddle({"ss", "-Htn", "state", "established", "sport = :" + port()});
  }

  // So many sessions have begun, or do in time.
  bool AwaitSessions(const std::string& agent, std::size_t number, absl::Duration limit = absl::Seconds(30)) {
    return WaitUntil([&] { return CountOf("session begins", fleet_->agent(agent).err()) >= number; }, limit);
  }

  std::optional<TestNetwork> network_;
  std::optional<RealFleet> fleet_;
};

}  // namespace wsfleet::testing
