#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "core/policy/target_policy.h"
#include "core/scenario/plan.h"

namespace wsfleet {

// Whether a policy permits what a plan connects to, as far as that is known before it runs: its targets (of several
// candidates one must be permitted), absolute URLs of its steps, requirements, revisions and logs, and proxies. What
// templates give only in the run is left to the agents. PERMISSION_DENIED, INVALID_ARGUMENT: as CheckTarget(), with the
// place in the suite. Pure.
absl::Status CheckPlanTargets(const Plan& plan, const Variables& variables, const TargetPolicy& policy,
                              std::string_view whose);

}  // namespace wsfleet
