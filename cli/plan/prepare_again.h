#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/plan/prepare.h"
#include "cli/report/run_record.h"

namespace wsfleet::cli {

// What it takes to run again what `record` ran: the same bundle, variables, terms and selection, or with `failed_only`
// of its cases those that failed or are inconclusive in any region. Secrets are not kept with a run: `secrets` are
// `--secret` flags again.
//
// INVALID_ARGUMENT: nothing to run again; a secret that the cases use and that no flag names; too many cases to name.
// FAILED_PRECONDITION: `failed_only`, and the run has not ended.
absl::StatusOr<Prepared> PrepareAgain(const RunRecord& record, bool failed_only,
                                      const std::vector<std::string>& secrets, const Environment& environment);

}  // namespace wsfleet::cli
