#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/config/endpoint.h"
#include "cli/interrupt.h"
#include "cli/local/child.h"

namespace wsfleet::cli {

// A fleet on this machine, as real child processes: a coordinator, an agent in each of three regions and, if asked for,
// the demo target. Children die with this process; a temporary folder (0700) goes with this object.
class LocalFleet {
 public:
  static constexpr std::string_view kRegions[] = {"eu-west-1", "us-east-1", "ap-south-1"};

  // INVALID_ARGUMENT: a term of `--from` that none of its agents can match, since nobody else will ever join it.
  static absl::Status CheckTerms(const std::vector<std::string>& from);

  explicit LocalFleet(Interrupt& interrupt) : interrupt_(interrupt) {}
  ~LocalFleet();
  LocalFleet(const LocalFleet&) = delete;
  LocalFleet& operator=(const LocalFleet&) = delete;

  // Returns when every agent has a session. `state`: a folder to keep, or empty for a store in memory. UNAVAILABLE: a
  // child did not start, with its output; INVALID_ARGUMENT: the folder cannot be used.
  absl::Status Start(const std::string& state, bool with_target);

  // Blocks until a child ends or the interrupt happens; the child, with its output, or nothing.
  std::optional<std::string> AwaitEnd() const;

  Endpoint endpoint() const;
  const std::string& target_url() const { return target_url_; }

 private:
  absl::Status MakeDirectory(const std::string& state);
  absl::StatusOr<Child*> Spawn(const std::string& program, const std::string& name, std::vector<std::string> arguments);
  absl::Status StartCoordinator(bool keep);
  absl::Status StartAgents();
  absl::Status StartTarget();

  Interrupt& interrupt_;
  std::string directory_;
  bool temporary_ = false;
  std::shared_ptr<void> remove_on_abort_;
  std::list<Child> children_;
  std::string agent_address_, client_address_, target_url_;
};

}  // namespace wsfleet::cli
