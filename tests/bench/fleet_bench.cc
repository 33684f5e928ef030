// How many agents one coordinator serves: simulated agents of this process, each with a TCP connection of its own,
// against a real coordinator on loopback; then the same against a bare gRPC server that only answers
// (bare_session_server), so that the ratio says what the coordinator adds on the same machine.
//
//   build/release/bench/fleet_bench [--agents 10000] [--tls] [--cut 1000] [--heartbeats 3] [--work 0] [--no-limits]
//
// In order: every agent connects, and heartbeats are kept for a while; a job runs on all of them; another one does, and
// while all of them work on it `--cut` agents lose their connection at once and come back (row 37 of the faults). A job
// is dispatched to an agent when its assignment has arrived there; the time counts from the call of Submit, so it has
// the bundle's check and every commit in it. An agent is done at once, and reports when the coordinator wants it
// (Assignment.report_after): otherwise the results of the first would compete for the processors with the assignments
// of the last. With `--work 1000` it takes a second over its shard.
//
// Exit code 1: something did not come out as it must (a result that is missing in the store or there twice, a lease
// that ran out, an agent that came back to find its shard given away), or a limit was crossed: all registered within 60
// s, dispatch p99 under 1 s, the coordinator's memory under 1 GiB. The machine must not do anything else meanwhile;
// --no-limits is for one that does.

#include <sys/resource.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "tests/bench/fleet/phases.h"
#include "tests/bench/fleet/stored_run.h"
#include "tests/support/real_fleet.h"

namespace wsfleet::testing {
namespace {

constexpr absl::Duration kMaxRegistration = absl::Seconds(60);
constexpr absl::Duration kMaxDispatch = absl::Seconds(1);
constexpr double kMaxMebibytes = 1024;

struct Arguments {
  FleetLoad load;
  bool tls = false;
  bool limits = true;
};

// Each agent is a socket here and one in the server.
bool RaiseFileLimit(std::size_t agents) {
  const rlim_t needed = agents + 1000;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return true;
  const rlim_t hard = limit.rlim_max;
  limit.rlim_cur = needed;
  limit.rlim_max = std::max(hard, needed);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return true;
  fmt::print(stderr,
             "fleet_bench: {} agents need {} open files in this process and in the server; the hard limit is {} and "
             "could not be raised ({}). Raise it (`ulimit -Hn {}` as root), or ask for fewer --agents\n",
             agents, needed, hard, std::strerror(errno), needed);
  return false;
}

agent::ChannelSecurity SecurityOf(const RealFleet& fleet, bool tls) {
  agent::ChannelSecurity security;
  security.plaintext = !tls;
  if (!tls) return security;
  const auto folder = fleet.directory().path() / "ca";
  security.authority = ReadWholeFile(folder / "ca.pem");
  security.certificate = ReadWholeFile(folder / "agent.pem");
  security.key = ReadWholeFile(folder / "agent.key");
  return security;
}

std::unique_ptr<RealFleet> StartCoordinator(bool tls) {
  RealFleet::Settings settings;
  settings.lease_time = "90s";
  settings.plaintext = !tls;
  return std::make_unique<RealFleet>(settings);
}

Figures OfCoordinator(RealFleet& fleet, const Arguments& arguments) {
  const ServedFleet served{fleet.agent_addresses(), fleet.client_addresses(), SecurityOf(fleet, arguments.tls),
                           ReadWholeFile(fleet.directory().path() / "ca" / "token"), fleet.coordinator().pid()};
  Figures figures = RunPhases(served, arguments.load);
  const std::string store = (fleet.directory().path() / "fleet.db").string();
  for (const std::string& job : {figures.first_job, figures.second_job}) {
    if (!job.empty()) ExpectStoredOnce(store, job, arguments.load.agents, figures.wrong);
  }
  return figures;
}

Figures OfBareServer(const RealFleet& fleet, const Arguments& arguments) {
  TemporaryDirectory directory;
  const std::string ready = (directory.path() / "ready.json").string();
  Command command;
  command.arguments = {std::string(WSFLEET_BENCH_DIR) + "/bare_session_server", ready};
  if (arguments.tls) command.arguments.push_back((fleet.directory().path() / "ca").string());
  ChildProcess server(command);
  if (!WaitUntil([&] { return std::filesystem::exists(ready) || !server.running(); }) || !server.running()) {
    Figures figures;
    figures.wrong.push_back("the bare server does not serve: " + server.err());
    return figures;
  }
  const boost::json::value addresses = boost::json::parse(ReadWholeFile(ready));
  const ServedFleet served{std::string(addresses.at("agent").as_string()),
                           std::string(addresses.at("client").as_string()), SecurityOf(fleet, arguments.tls), "",
                           server.pid()};
  return RunPhases(served, arguments.load);
}

void Row(std::string_view what, std::string_view unit, double coordinator, double bare) {
  fmt::print("{:<44} {:>10.2f} {:>10.2f} {:<4} {:>6.1f}\n", what, coordinator, bare, unit,
             bare > 0 ? coordinator / bare : 0.0);
}

void Print(const Arguments& arguments, const Figures& ours, const Figures& bare) {
  const FleetLoad& load = arguments.load;
  fmt::print("{} agents, {}, {} of work each, {} cut off at once\n", load.agents, arguments.tls ? "mTLS" : "plain text",
             absl::FormatDuration(load.work), load.cut);
  fmt::print("{:<44} {:>10} {:>10}      {:>6}\n", "", "coordinator", "bare gRPC", "ratio");
  const auto seconds = [](absl::Duration duration) { return absl::ToDoubleSeconds(duration); };
  Row("all registered after", "s", seconds(ours.registered), seconds(bare.registered));
  for (const double quantile : {0.5, 0.99, 1.0}) {
    Row(fmt::format("a job dispatched, p{:g}", quantile * 100), "ms",
        absl::ToDoubleMilliseconds(Quantile(ours.dispatched, quantile)),
        absl::ToDoubleMilliseconds(Quantile(bare.dispatched, quantile)));
  }
  Row("all results reported and acknowledged after", "s", seconds(ours.reported), seconds(bare.reported));
  for (const double quantile : {0.5, 0.99}) {
    Row(fmt::format("reconnected, p{:g}", quantile * 100), "ms",
        absl::ToDoubleMilliseconds(Quantile(ours.reconnected, quantile)),
        absl::ToDoubleMilliseconds(Quantile(bare.reconnected, quantile)));
  }
  Row("peak memory of the server", "MiB", ours.peak_mebibytes, bare.peak_mebibytes);
  Row("processor time of the server, registering", "s", ours.cpu_registering, bare.cpu_registering);
  Row("processor time of the server, a job", "s", ours.cpu_running, bare.cpu_running);
  Row("processor time of the server, in all", "s", ours.cpu_in_all, bare.cpu_in_all);
  fmt::print("heartbeats: {} sent, {} answered; attempts at a session given up: {}\n", ours.heartbeats, ours.answered,
             ours.broken_registering);
}

std::vector<std::string> CrossedLimits(const Figures& figures) {
  std::vector<std::string> crossed;
  if (figures.registered > kMaxRegistration) crossed.emplace_back("not all registered within 60 s");
  if (Quantile(figures.dispatched, 0.99) > kMaxDispatch) crossed.emplace_back("dispatch p99 is above 1 s");
  if (figures.peak_mebibytes > kMaxMebibytes) crossed.emplace_back("the coordinator took more than 1 GiB");
  return crossed;
}

int Main(const Arguments& arguments) {
  if (!RaiseFileLimit(arguments.load.agents)) return 1;
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const auto fleet = StartCoordinator(arguments.tls);
  Figures ours = OfCoordinator(*fleet, arguments);
  fleet->KillCoordinator();
  const Figures bare = ours.wrong.empty() ? OfBareServer(*fleet, arguments) : Figures{};
  Print(arguments, ours, bare);
  std::vector<std::string> wrong = ours.wrong;
  wrong.insert(wrong.end(), bare.wrong.begin(), bare.wrong.end());
  if (arguments.limits && wrong.empty()) wrong = CrossedLimits(ours);
  for (const std::string& what : wrong) fmt::print("WRONG: {}\n", what);
  return wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace wsfleet::testing

int main(int argc, char** argv) {
  wsfleet::testing::Arguments arguments;
  arguments.load.agents = 10'000;
  arguments.load.cut = 1'000;
  int work = 0;
  bool no_limits = false;
  CLI::App app("How many agents one coordinator serves", "fleet_bench");
  app.add_option("--agents", arguments.load.agents, "Simulated agents")->check(CLI::Range(1, 20'000));
  app.add_option("--cut", arguments.load.cut, "How many of them lose their connection at once")
      ->check(CLI::Range(0, 20'000));
  app.add_option("--heartbeats", arguments.load.heartbeats, "Of each agent, before the first job")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--work", work, "How long each agent takes over its shard, in milliseconds")
      ->check(CLI::Range(0, 60'000));
  app.add_flag("--tls", arguments.tls, "mTLS, with a development authority");
  app.add_flag("--no-limits", no_limits, "Outcomes only; for a machine that does something else meanwhile");
  CLI11_PARSE(app, argc, argv);
  arguments.load.work = absl::Milliseconds(work);
  arguments.limits = !no_limits;
  return wsfleet::testing::Main(arguments);
}
