#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/bench/fleet/simulated_fleet.h"

namespace wsfleet::testing {

// A server that speaks the agents' protocol: a coordinator, or the bare one that has nothing behind it.
struct ServedFleet {
  std::string agent_address;
  std::string client_address;
  agent::ChannelSecurity security;
  std::string token;
  pid_t pid = -1;
};

struct FleetLoad {
  std::size_t agents = 200;
  std::size_t regions = 20;
  std::size_t cut = 50;                        // agents that lose their connection at once
  std::size_t heartbeats = 3;                  // of each agent, before anything else happens
  absl::Duration work = absl::ZeroDuration();  // how long each agent takes over the job
  absl::Duration limit = absl::Seconds(120);   // of each phase; then it has failed
};

// The case whose result each agent reports, and the bundle that it is in.
inline constexpr char kLoadCase[] = "load/one";
std::string LoadBundle();

struct Figures {
  absl::Duration registered;                // from the first attempt to connect until the last welcome
  std::vector<absl::Duration> registering;  // of each agent: the same
  std::vector<absl::Duration> dispatched;   // from the call of Submit until the assignment was there
  absl::Duration reported;                  // from the call of Submit until the last shard's end was acknowledged
  std::vector<absl::Duration> reconnected;  // from the cut until the welcome, of the agents that were cut off
  std::uint64_t broken_registering = 0;     // attempts at a session that were given up
  std::uint64_t heartbeats = 0;
  std::uint64_t answered = 0;
  double peak_mebibytes = 0;  // of the server
  // Processor time of the server: until all were registered, from there to the end of the first job, and in all.
  double cpu_registering = 0;
  double cpu_running = 0;
  double cpu_in_all = 0;
  std::string first_job, second_job;
  std::vector<std::string> wrong;  // what did not come out as it must; the phases after it were not run
};

absl::Duration Quantile(std::vector<absl::Duration> samples, double quantile);

// Connects agents at once, keeps them for some heartbeats, runs a job on all of them, and another during which some are
// cut off and come back.
Figures RunPhases(const ServedFleet& served, const FleetLoad& load);

}  // namespace wsfleet::testing
