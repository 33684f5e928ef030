#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "coordinator/fleet/effects.h"
#include "coordinator/fleet/events.h"
#include "core/policy/fleet_policy.h"

namespace wsfleet::fleet {

// The fleet's policy as it is now: what runs may take by it. Whom agents may connect to is judged where a plan is
// known, by whoever submits it and by the agents.
class Policy {
 public:
  // `initial` holds while nobody has set one.
  explicit Policy(const FleetPolicy& initial) { Use({initial}); }

  const PolicyRecord& record() const { return record_; }
  // For agents.
  const std::shared_ptr<const std::string>& text() const { return text_; }

  void Use(PolicyRecord record);
  // What becomes of it, and the answer. In a dry run, and if the policy is the same, nothing.
  AnswerSetPolicy Set(const SetPolicy& request, absl::Time now);

  // INVALID_ARGUMENT: it is beyond a limit, and asking again is of no use.
  absl::Status CheckSpec(const JobSpec& spec) const;
  absl::Status CheckShards(std::size_t shards) const;
  // RESOURCE_EXHAUSTED: another run must end first.
  absl::Status CheckOpenRuns(std::size_t open_runs) const;

  // Of each of so many leases.
  LeaseShare ShareOf(std::size_t shards) const;

 private:
  PolicyRecord record_;
  std::shared_ptr<const std::string> text_;
};

}  // namespace wsfleet::fleet
