#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::testing {

// A fleet of real processes on loopback, as a person would start it: one coordinator on a SQLite file, or several on a
// PostgreSQL database, agents, and a client that is configured for them. Every start waits until the process says that
// it serves.
class RealFleet {
 public:
  // "{directory}" stands for directory().
  struct Program {
    std::string name;  // of this build, or a path
    std::map<std::string, std::string> environment;
    std::vector<std::string> behind;  // what starts it in surroundings of its own, such as `unshare … sh -c …`
  };
  struct Settings {
    std::string lease_time = "2s";
    std::vector<std::string> coordinator_flags;
    std::string postgres_url = {};        // empty: SQLite
    std::string store_file = "fleet.db";  // of SQLite, below directory(); its folder is made
    std::size_t replicas = 1;             // each says where it is
    // Where coordinators and clients run: behind these arguments (`nsenter …`), found by agents at this address.
    std::vector<std::string> behind = {};
    std::string agent_host = "127.0.0.1";
    bool plaintext = false;  // for what the test itself connects; neither agents nor the client do
    // Of the fleets, as `wsfleet fleet policy set` takes it; empty: any target, wherever the coordinators listen.
    std::string policy = {};
    bool own_ca = false;  // agents enrol, in place of the certificate that they share
    Program coordinator{"wsfleet-coordinator", {}, {}};
    Program agent{"wsfleet-agent", {}, {}};
    Program client{"wsfleet", {}, {}};
  };
  explicit RealFleet(Settings settings);
  RealFleet() : RealFleet(Settings{}) {}

  // What starts from now on follows what is changed here.
  Settings& settings() { return settings_; }
  // As --store names it.
  std::string store() const;

  // Again on the same addresses and the same store after KillCoordinator().
  void StartCoordinator(std::size_t replica = 0);
  void KillCoordinator(std::size_t replica = 0);
  // One more replica, for a process that the test looks after itself, on the first one's address for agents.
  Command OneMoreCoordinator() const;
  ChildProcess& coordinator(std::size_t replica = 0) { return *coordinators_.at(replica).process; }
  // The replica that said last that it owns the fleet; nothing if none of those that run did.
  std::optional<std::size_t> Owner();

  void StartAgent(const std::string& id, const std::string& region, const std::vector<std::string>& flags = {}) {
    StartAgentIn({}, id, region, flags);
  }
  struct Surroundings {
    std::vector<std::string> behind = {};  // a program that starts the agent in them, such as `unshare … sh -c …`
    std::string coordinator = {};          // where the agent finds it; empty: where it listens
  };
  void StartAgentIn(const Surroundings& surroundings, const std::string& id, const std::string& region,
                    const std::vector<std::string>& flags = {});
  // `wsfleet-agent`, for a process that the test looks after itself. `coordinator`: as in Surroundings.
  Command Agent(const std::string& id, const std::string& region, const std::vector<std::string>& flags = {},
                const std::string& coordinator = {}) const;
  // With own_ca: one that gets its certificate for this token, and keeps it in a directory named after its id.
  Command EnrollingAgent(const std::string& id, const std::string& region, const std::string& join_token,
                         const std::vector<std::string>& flags = {}) const;
  ChildProcess& agent(const std::string& id) { return *agents_.at(id); }
  void KillAgent(const std::string& id);

  // `wsfleet ARGUMENTS…`, configured by environment for this fleet.
  Command Client(const std::vector<std::string>& arguments) const;
  Finished Run(const std::vector<std::string>& arguments, absl::Duration limit = absl::Seconds(60)) const;

  const std::string& client_address(std::size_t replica) const { return coordinators_.at(replica).client_address; }
  // Of all replicas, with commas between them.
  std::string agent_addresses() const;
  std::string client_addresses() const;
  const std::string& agent_host() const { return settings_.agent_host; }
  // The command where the coordinators run.
  Command BesideCoordinators(Command command) const;
  const TemporaryDirectory& directory() const { return directory_; }

 private:
  struct Coordinator {
    std::string agent_address;
    std::string client_address = "127.0.0.1:0";
    std::string enrol_address = "127.0.0.1:0";
    std::unique_ptr<ChildProcess> process;
  };

  std::vector<std::string> SecurityFlags(const Coordinator& coordinator) const;
  Command CoordinatorOf(const Coordinator& coordinator, const std::string& ready) const;
  std::string File(const std::string& name) const { return (directory_.path() / name).string(); }
  Command CommandOf(const Program& program, const std::vector<std::string>& arguments) const;

  Settings settings_;
  TemporaryDirectory directory_;
  std::vector<Coordinator> coordinators_;
  std::map<std::string, std::unique_ptr<ChildProcess>> agents_;
};

// A target server of ours or of others: waits until it has written its port.
class TargetServer {
 public:
  // `command` with "{host}", "{port-file}" and "{access-log}" replaced.
  explicit TargetServer(Command command, std::string host = "127.0.0.1");

  int port() const { return port_; }
  std::string ws_url() const { return "ws://" + host_ + ":" + std::to_string(port_); }
  // One JSON line for each connection opened and closed, as the target saw it.
  std::string access_log() const { return ReadWholeFile(directory_.path() / "access.log"); }
  std::string access_log_path() const { return (directory_.path() / "access.log").string(); }
  ChildProcess& process() { return *process_; }

 private:
  std::string host_;
  TemporaryDirectory directory_;
  std::unique_ptr<ChildProcess> process_;
  int port_ = 0;
};

// Our demo target with these faults, and the key that it takes tokens of.
Command DemoTarget(const std::vector<std::string>& faults = {});
inline constexpr char kDemoKey[] = "wsfleet-demo-key-not-for-production";

// A program of this build.
std::string Binary(const std::string& name);
// Of the tests alone: a coordinator with a failpoint (tests/support/failing), and what to preload for a disk that
// fails, and for a request that ends who sends it.
std::string FailingCoordinator();
std::string FailingDisk();
std::string FatalRequest();

}  // namespace wsfleet::testing
