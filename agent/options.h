#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace CLI {
class App;
}

namespace wsfleet::agent {

// The command line of wsfleet-agent.
struct CommandLine {
  std::vector<std::string> coordinators;  // host:port of agent listeners, tried in turn
  std::string ca_file;                    // PEM; who may call itself the coordinator
  std::string certificate_file;
  std::string key_file;
  std::string identity_directory;  // of a key and a certificate that the agent gets and renews itself; empty: the files
  std::string enrol_address;       // host:port where it gets its first one
  std::string join_token_file;     // what for
  bool plaintext = false;          // loopback only
  std::string server_name;         // verified instead of the host of `coordinator`
  std::string id;                  // the instance, of an agent whose certificate names a pool
  std::string region;
  std::string fleet = "default";
  std::map<std::string, std::string, std::less<>> labels;
  std::uint32_t max_shards = 4;
  std::uint32_t max_sessions = 10'000;
  absl::Duration drain_limit = absl::Seconds(60);
  std::string target_policy_file;  // of this agent, beside the fleet's policy; empty: only that
  std::string name_servers;        // "10.0.0.2:53,…"; empty: those of /etc/resolv.conf
  std::string secrets_file;        // of those that this agent keeps for runs; empty: none
  std::string spool_directory;     // empty: unacknowledged results end with the process
  std::uint32_t spool_mib = 64;
  std::string http_listen;  // of probes and metrics; empty: nowhere
  std::string ready_file;   // written whole when the first session begins; empty: none
  std::string log_level = "info";
  bool die_with_parent = false;
};

// What main() does next: go on with a command line, or exit at once with a code (help, version, usage error).
struct ParsedCommandLine {
  CommandLine options;
  int exit_code = 0;
  bool exit_now = false;
};
ParsedCommandLine ParseCommandLine(int argc, char** argv);

// The table of options, which the manual is made from. It lasts as long as the call.
void VisitOptions(const std::function<void(const CLI::App&)>& visit);

}  // namespace wsfleet::agent
