#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/interrupt.h"
#include "cli/report/run_record.h"

// What a client does with runs: submit, watch to the end, fetch. Blocking; one thread.
namespace wsfleet::cli {

struct SubmitOptions {
  JobSpec spec;  // selection, variables, from, require, agents_wait, deadline, detached, key, submitter
  bool has_deadline = false;
  std::map<std::string, std::string> secrets;
};

struct Submitted {
  std::string job;
  bool attached = false;
};
absl::StatusOr<Submitted> Submit(CoordinatorClient& client, const Bundle& bundle, const SubmitOptions& options);

// Follows the run to its end, through broken connections (60 s of them at most), printing a line for each change to
// stderr unless `quiet`. Ctrl-C cancels the run if `cancel_on_interrupt`.
absl::Status Watch(CoordinatorClient& client, const std::string& job, Interrupt& interrupt, bool cancel_on_interrupt,
                   bool quiet);

absl::StatusOr<v1::Job> GetJob(CoordinatorClient& client, const std::string& job);
absl::Status CancelJob(CoordinatorClient& client, const std::string& job, const std::string& reason);

// The record of a run, with its results and the author's files.
absl::StatusOr<RunRecord> Fetch(CoordinatorClient& client, const std::string& job);

}  // namespace wsfleet::cli
