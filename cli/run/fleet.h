#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/connection.h"

// What a client asks of a coordinator about agents and fleets. Every call blocks, and has a limit of its own.
namespace wsfleet::cli {

absl::StatusOr<std::vector<v1::Agent>> ListAgents(CoordinatorClient& client);
absl::StatusOr<v1::Agent> GetAgent(CoordinatorClient& client, const std::string& agent);

// Which agents are drained, or take work again.
struct DrainOrder {
  std::vector<std::string> agents;
  std::string region;  // every agent that is known in it; empty: none
  bool undo = false;
};
// The agents that it is about, as they are now. Returns when the wish is stored, not when they work on nothing any
// more.
absl::StatusOr<std::vector<v1::Agent>> DrainAgents(CoordinatorClient& client, const DrainOrder& order);

absl::Status CreateFleet(CoordinatorClient& client, const std::string& fleet);
absl::StatusOr<std::vector<v1::FleetSummary>> ListFleets(CoordinatorClient& client);

}  // namespace wsfleet::cli
