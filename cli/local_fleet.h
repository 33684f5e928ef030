#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/connection.h"

namespace wsfleet::cli {

// A fleet on this machine, as real child processes: a coordinator, an agent in each of three regions and, if asked for,
// the demo target. Children die with this process, and their folder (0700) goes with this object.
class LocalFleet {
 public:
  LocalFleet() = default;
  ~LocalFleet();
  LocalFleet(const LocalFleet&) = delete;
  LocalFleet& operator=(const LocalFleet&) = delete;

  // Returns when all agents have a session. `state`: a folder to keep, or empty for one in memory.
  absl::Status Start(const std::string& state, bool with_target);
  // Blocks until a child ends or a signal is pending; the name of the child, or nothing.
  Endpoint endpoint() const;
  const std::string& directory() const { return directory_; }
  const std::string& target_url() const { return target_url_; }

 private:
  struct Child {
    std::string name;
    pid_t pid = -1;
    std::string log;
  };

  absl::Status Spawn(const std::string& name, std::vector<std::string> arguments);
  absl::Status AwaitFile(const std::string& path, const Child& child);
  absl::Status AwaitAgents();

  std::string directory_;
  bool temporary_ = false;
  std::vector<Child> children_;
  std::string agent_address_, client_address_, target_url_;
};

}  // namespace wsfleet::cli
