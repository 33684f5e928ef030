#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/report/run_record.h"

// What a client asks of a coordinator about runs. Every call blocks, and has a limit of its own.
namespace wsfleet::cli {

struct SubmitOptions {
  // Selection, variables, from, every_agent, require, agents_wait, deadline, detached, key, submitter, command.
  JobSpec spec;
  bool has_deadline = false;
  bool require_all = false;  // whatever the suites say
  std::map<std::string, std::string> secrets;
};

// What goes before the bundle, whose canonical form this is.
v1::SubmitHeader SubmitHeaderOf(const CoordinatorClient& client, const std::string& canonical,
                                const SubmitOptions& options);

struct Submitted {
  std::string job;
  bool attached = false;  // to a run that had the same key
  std::vector<std::string> warnings;
};
// Returns when the run is stored. A plan that is refused is INVALID_ARGUMENT, a key of another run ALREADY_EXISTS.
absl::StatusOr<Submitted> Submit(CoordinatorClient& client, const Bundle& bundle, const SubmitOptions& options);

absl::StatusOr<v1::Job> GetJob(CoordinatorClient& client, const std::string& job);
// The run when the wish is stored: it ends later, or had ended before. `by`: who wishes it, as far as that is known
// here.
absl::StatusOr<v1::Job> CancelJob(CoordinatorClient& client, const std::string& job, const std::string& reason,
                                  const std::string& by, absl::Duration limit);
// Newest first.
absl::StatusOr<std::vector<v1::Job>> ListJobs(CoordinatorClient& client, std::uint32_t limit);

// The record of a run: its job, the results so far and the author's files, summarised.
absl::StatusOr<RunRecord> FetchRecord(CoordinatorClient& client, const std::string& job);

bool HasEnded(const v1::Job& job);

}  // namespace wsfleet::cli
