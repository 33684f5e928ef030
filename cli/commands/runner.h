#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/invocation.h"
#include "cli/plan/prepare.h"
#include "cli/report/report_files.h"
#include "cli/run/follow.h"
#include "cli/run/runs.h"

namespace wsfleet::cli {

// What a person wants to see of a run, and for how long.
struct RunView {
  std::vector<ReportFile> reports;
  std::string summary = "full";  // full, compact or none
  bool detach = false;           // print the id and leave
  bool local = false;            // the fleet ends with this command
  bool probe = false;            // show the handshake first
};

// What stands on stdout of a run that is not waited for: its id, or an object with it. `attached`: it was there
// already.
std::string RenderSubmitted(const std::string& job, bool attached, OutputFormat format);

// One run, from a plan that holds to its exit code: submits it, follows it to the end, and says what came out. A break
// in following, and what is refused, is an error.
class Runner {
 public:
  // `invocation`, `prepared` and `view` outlive this.
  Runner(Invocation& invocation, const Prepared& prepared, const RunView& view)
      : invocation_(invocation), prepared_(prepared), view_(view) {}

  absl::StatusOr<int> RunOn(CoordinatorClient& client);

 private:
  absl::StatusOr<Followed> FollowRun(CoordinatorClient& client, const Submitted& submitted);
  std::string SuiteNames() const;
  absl::StatusOr<int> Report(CoordinatorClient& client, const std::string& job);
  void ShowPaths(RunRecord& record) const;

  Invocation& invocation_;
  const Prepared& prepared_;
  const RunView& view_;
};

}  // namespace wsfleet::cli
