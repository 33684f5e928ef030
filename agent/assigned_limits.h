#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "agent/engine/run_share.h"
#include "agent/engine/target_guard.h"
#include "wsfleet/v1/agent_session.pb.h"

// What the run of an assignment may do.
namespace wsfleet::agent {

// The agent's own rules, and those of the fleet's policy. INVALID_ARGUMENT: that cannot be read.
absl::StatusOr<engine::TargetGuard> GuardOf(const v1::Assignment& assignment,
                                            std::vector<engine::TargetGuard::Rule> own_rules);

engine::ShareLimits ShareOf(const v1::LeaseShare& share);

}  // namespace wsfleet::agent
