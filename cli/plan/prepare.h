#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/commands/commands.h"
#include "cli/plan/bundle_files.h"
#include "cli/run/runs.h"
#include "core/scenario/plan.h"

// From what a person typed to a bundle whose plan holds.
namespace wsfleet::cli {

struct Prepared {
  BundleOnDisk files;
  SubmitOptions options;
  std::shared_ptr<const Plan> plan;
};

// Reads the files of `flags.paths`, resolves the plan, and takes from this machine's environment and files only what
// the plan names. Prints warnings of the suites. INVALID_ARGUMENT, NOT_FOUND: what is wrong, with its place.
absl::StatusOr<Prepared> PreparePlan(const PlanFlags& flags, const Environment& environment);

// The same for a bundle at hand.
absl::StatusOr<Prepared> PreparePlan(BundleOnDisk files, const PlanFlags& flags, const Environment& environment);

// `--require`, `--agents-wait`, `--timeout`, `--run-key`, `--detach`.
absl::Status ReadRunFlags(const RunFlags& flags, const Environment& environment, SubmitOptions& options);

// Adds what `--secret` flags name. INVALID_ARGUMENT: a variable that is not set; an empty value; a value in the flag.
absl::Status ReadSecrets(const std::vector<std::string>& flags, const Environment& environment,
                         std::map<std::string, std::string>& out);

// On stderr: which of them are too short to be looked for in what a run shows (Redactor).
void WarnOfShortSecrets(const std::map<std::string, std::string>& secrets);

// "ada@laptop".
std::string Submitter(const Environment& environment);

// The errors as a person reads them, and the warnings, those of `files` too, which go to stderr at once.
std::string RenderDiagnostics(const std::vector<Diagnostic>& diagnostics, const BundleOnDisk& files);

}  // namespace wsfleet::cli
