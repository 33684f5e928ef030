#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/real_fleet.h"

namespace wsfleet::testing {

// A run in a fleet of real processes, to which something happens in its middle. What the client recorded is compared
// with the target's own log. The target is where the coordinator is, unless the shape says where.
class FaultyRun {
 public:
  struct Shape {
    std::size_t cases = 10;
    std::string pause = "250ms";  // in each case: about as long as it lasts
    // Each case fails, and says so with some 20 KiB of evidence.
    bool bulky = false;
    // The suite's file is larger than what travels with an assignment.
    bool large = false;
    // Where the target is instead: behind these arguments (`nsenter …`), on loopback.
    std::vector<std::string> target_behind = {};
  };
  FaultyRun(RealFleet& fleet, Shape shape);
  FaultyRun(RealFleet& fleet, std::size_t cases) : FaultyRun(fleet, Shape{.cases = cases}) {}

  void Start(const std::vector<std::string>& further = {});
  // The target has seen so many cases begin.
  bool AwaitBegun(std::size_t cases);
  std::optional<int> Wait(absl::Duration limit = absl::Seconds(60)) { return run_->Wait(limit); }
  std::string output() const { return run_->out() + run_->err(); }
  bool AwaitOutput(const std::string& text) const;
  ChildProcess& process() { return *run_; }
  std::string id() const;

  // How often the target saw each case begin: all of them, or those that came from this agent.
  std::map<std::string, int> SeenByTarget(const std::string& agent = {}) const;

  // Every case of each of these shards has exactly one result in the record, the one that the shape makes; the target
  // saw each case at least so often, and never less often than the record has it.
  void ExpectEachCaseOnce(std::size_t shards) const;

 private:
  static TargetServer TargetOf(const RealFleet& fleet, const Shape& shape);

  RealFleet& fleet_;
  Shape shape_;
  TargetServer target_;
  std::unique_ptr<ChildProcess> run_;
};

// Two coordinators on one PostgreSQL database, with leases that outlive a takeover.
RealFleet::Settings TwoReplicasOn(const std::string& url);

// How often the one stands in the other.
std::size_t CountOf(const std::string& what, const std::string& text);

// The process has logged this, or does in time.
bool AwaitLog(const ChildProcess& process, const std::string& text, absl::Duration limit = absl::Seconds(30));

}  // namespace wsfleet::testing
