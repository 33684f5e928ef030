#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/real_fleet.h"

namespace wsfleet::testing {

// A run of cases of a quarter of a second each in a fleet of real processes, to which something happens in its middle.
// What the client recorded is compared with the target's own log.
class FaultyRun {
 public:
  FaultyRun(RealFleet& fleet, std::size_t cases);

  void Start(const std::vector<std::string>& further = {});
  // The target has seen so many cases begin.
  bool AwaitBegun(std::size_t cases);
  std::optional<int> Wait(absl::Duration limit = absl::Seconds(60)) { return run_->Wait(limit); }
  std::string output() const { return run_->out() + run_->err(); }
  ChildProcess& process() { return *run_; }

  // How often the target saw each case begin.
  std::map<std::string, int> SeenByTarget() const;

  // Every case of each of these shards has exactly one result in the record, and passed; the target saw each case at
  // least so often, and never less often than the record has it.
  void ExpectEachCaseOnce(std::size_t shards) const;

 private:
  RealFleet& fleet_;
  std::size_t cases_;
  TargetServer target_;
  std::unique_ptr<ChildProcess> run_;
};

}  // namespace wsfleet::testing
