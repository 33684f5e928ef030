#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/run/runs.h"
#include "tests/faults/checker/testimony.h"
#include "tests/support/real_fleet.h"

namespace wsfleet::testing {

// A client of a fleet that writes down what it is told. Used from one thread.
class Witness {
 public:
  // Runs are those of this bundle, from these regions.
  Witness(const RealFleet& fleet, Bundle bundle, std::vector<std::string> from);

  // Submits, follows the run to its end, and asks for the run of this key again.
  Testimony Run(const RunKey& key);

  // Again and again, until it is answered or the time for it is over.
  absl::StatusOr<JobId> Submit(const RunKey& key);
  void Follow(const JobId& job, Testimony& testimony);
  absl::Status Cancel(const JobId& job);

 private:
  const Bundle bundle_;
  const std::vector<std::string> from_;
  std::unique_ptr<cli::CoordinatorClient> client_;
};

}  // namespace wsfleet::testing
