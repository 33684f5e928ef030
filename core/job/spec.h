#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/ids.h"
#include "core/policy/plan_needs.h"
#include "core/scenario/plan.h"

namespace wsfleet {

// What a submitter asked for. Immutable once stored, but for the secrets: they go when the job ends.
struct JobSpec {
  RunKey key;  // empty: none
  BundleDigest bundle;
  std::uint64_t bundle_bytes = 0;
  Selection selection;
  Variables variables;
  std::vector<std::string> from;         // terms; empty: every region of the fleet
  bool every_agent = false;              // that matches a term runs it; otherwise one for each term
  std::optional<std::uint32_t> require;  // how many regions must pass; absent: all
  absl::Duration agents_wait = absl::Seconds(30);
  absl::Duration deadline = absl::Minutes(10);
  absl::Duration attempt_limit = absl::InfiniteDuration();  // of one lease of a shard
  std::uint32_t language_minor = 1;                         // of wsfleet/v1: the lowest that runs the plan
  bool detached = false;
  std::string submitter;
  std::string command;                        // as it was typed, for reports; empty: of a schedule, or an older client
  bool server_logs = false;                   // a suite names logs that the coordinator reads
  std::string sealed_secrets;                 // encrypted by the shell; opaque here; erased when the job ends
  std::vector<std::string> secrets_of_fleet;  // names: of those that the plan uses, what the submitter did not give
  std::vector<std::string> suites;            // names
  std::vector<CaseId> cases;                  // of the plan: what each shard must report
  PlanNeeds needs;                            // of each shard, for budgets
  ScheduleName schedule;                      // that it was made by; empty: by a person
  std::optional<absl::Time> tick;             // nominal time that it was made for; absent: by hand

  friend bool operator==(const JobSpec&, const JobSpec&) = default;
};

}  // namespace wsfleet
