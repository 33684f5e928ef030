#pragma once

#include <cstdint>
#include <optional>
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
// The kill switch. Returns when the wish is stored.
absl::Status StopFleet(CoordinatorClient& client, const std::string& reason);
absl::Status ResumeFleet(CoordinatorClient& client);
// "by alice at 2026-01-31T12:00:00Z: runaway load", for a terminal.
std::string StopText(const v1::FleetStop& stop);

// The client's own fleet as a list has it; NOT_FOUND.
absl::StatusOr<v1::FleetSummary> FindFleet(CoordinatorClient& client);
absl::StatusOr<std::vector<v1::FleetSummary>> ListFleets(CoordinatorClient& client);

absl::StatusOr<v1::FleetPolicy> GetPolicy(CoordinatorClient& client);
// What a policy is to be changed to.
struct PolicyOrder {
  std::string policy;  // its text
  bool dry_run = false;
  std::optional<std::uint64_t> expected_version;  // absent: whatever is there
};
// ABORTED: it has another version than was expected.
absl::StatusOr<v1::SetPolicyReply> SetPolicy(CoordinatorClient& client, const PolicyOrder& order);

}  // namespace wsfleet::cli
