#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/source.h"
#include "core/policy/target_policy.h"

namespace wsfleet {

// What a fleet may do at most; absent: what the program itself can. Those of a run are for all of its agents together.
struct FleetLimits {
  std::optional<std::uint32_t> open_runs = {};  // that have not ended
  std::optional<std::uint32_t> agents_per_run = {};
  std::optional<std::uint32_t> connections_per_run = {};  // at once
  std::optional<std::uint32_t> sessions_per_second = {};  // that a run begins
  std::optional<absl::Duration> run_duration = {};
  std::optional<std::uint64_t> bundle_bytes = {};

  friend bool operator==(const FleetLimits&, const FleetLimits&) = default;
};

struct FleetPolicy {
  // Of its text; it travels with each assignment.
  static constexpr std::size_t kMaxBytes = 32 * 1024;

  TargetPolicy targets;
  FleetLimits limits;

  friend bool operator==(const FleetPolicy&, const FleetPolicy&) = default;
};

// What is stored of a fleet's policy.
struct PolicyRecord {
  FleetPolicy policy;
  std::uint64_t version = 0;  // rises by one with each change; 0: nobody has set one
  absl::Time changed = absl::InfinitePast();

  friend bool operator==(const PolicyRecord&, const PolicyRecord&) = default;
};

struct FleetPolicyResult {
  std::optional<FleetPolicy> policy;    // absent if there is an error
  std::vector<Diagnostic> diagnostics;  // in the order of the text
};

// The text of a policy (docs/reference/fleet-policy.md); `file` is its name in diagnostics. A key that this version
// does not know is an error, so that nobody permits what a newer one would have refused. Never throws.
FleetPolicyResult ParseFleetPolicy(const std::string& file, const std::string& text);

// The same, one error for all diagnostics. INVALID_ARGUMENT.
absl::StatusOr<FleetPolicy> ReadFleetPolicy(const std::string& file, const std::string& text);

// One text for each policy, which ParseFleetPolicy reads.
std::string RenderFleetPolicy(const FleetPolicy& policy);

}  // namespace wsfleet
