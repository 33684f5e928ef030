#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/fleet_secrets.h"
#include "coordinator/rpc/backend.h"
#include "coordinator/secret_box.h"
#include "core/job/records.h"
#include "core/policy/target_policy.h"
#include "wsfleet/v1/job.pb.h"

namespace wsfleet::coordinator {

// A submit that is good: what is stored and run of it.
struct Submission {
  JobSpec spec;
  std::vector<std::string> warnings;
};

// Whom a run may connect to, who says so, and how long it may take.
struct RunRules {
  TargetPolicy policy;
  std::string whose;  // "the policy of fleet default"
  std::optional<absl::Duration> run_duration = {};
};

// `owner`: of its secrets. Checks header and bundle (in canonical form), resolves the plan, and takes from the suites
// what the header leaves open: regions (those of all suites together), how many must pass (all, if one suite says so,
// else the largest number), deadline (the longest; where none has one, ten minutes, or less if the rules allow no
// more). Pure but for the nonce of the sealed secrets; takes up to 50 ms of one core. INVALID_ARGUMENT: a field, or the
// bundle, with its diagnostics in the message. PERMISSION_DENIED: a target that the rules refuse. RESOURCE_EXHAUSTED:
// the plan and its variables do not fit into one assignment.
absl::StatusOr<Submission> PrepareSubmission(const v1::SubmitHeader& header, const std::string& canonical,
                                             const SecretOwner& owner, const SecretBox& secrets, const RunRules& rules);

// What runs of a fleet are judged by now. Blocks: it asks the store.
absl::StatusOr<RunRules> RulesOf(const Backend& backend, const FleetName& fleet);

// Of secrets that neither the submitter gave nor the coordinator keeps for the fleet, or that it cannot read. Agents
// may: it is no error. Reads files, and may block.
std::vector<std::string> WarningsOfSecrets(const JobSpec& spec, const FleetName& fleet, const FleetSecrets& kept);

// Random.
JobId NewJobId();

}  // namespace wsfleet::coordinator
