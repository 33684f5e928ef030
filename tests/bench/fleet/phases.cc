#include "tests/bench/fleet/phases.h"

#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "proto/wire/bundle.h"
#include "tests/bench/run_client.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::testing {
namespace {

// "VmHWM:   123456 kB" of /proc/PID/status.
double PeakMebibytes(pid_t pid) {
  std::istringstream status(ReadWholeFile(fmt::format("/proc/{}/status", pid)));
  for (std::string word; status >> word;) {
    double kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes / 1024;
  }
  return 0;
}

// User and system time: fields 14 and 15 of /proc/PID/stat, counted behind the name, which may hold anything.
double CpuSeconds(pid_t pid) {
  const std::string stat = ReadWholeFile(fmt::format("/proc/{}/stat", pid));
  std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class Phases {
 public:
  Phases(const ServedFleet& served, const FleetLoad& load)
      : served_(served),
        load_(load),
        fleet_({load.agents,
                load.regions,
                {served.agent_address, served.security, FleetName("default"), {kLoadCase}, load.work}}),
        client_(served.client_address, served.security.authority, served.token) {}

  Figures Run() {
    if (Register() && KeepHeartbeats() && RunJob() && CutOff()) CheckLeases();
    figures_.heartbeats = Sum(&SimulatedAgent::Record::heartbeats);
    figures_.answered = Sum(&SimulatedAgent::Record::answered);
    figures_.peak_mebibytes = PeakMebibytes(served_.pid);
    figures_.cpu_in_all = CpuSeconds(served_.pid);
    return std::move(figures_);
  }

 private:
  static bool IsConnected(const SimulatedAgent& agent) { return agent.is_connected(); }

  template <typename Number>
  std::uint64_t Sum(Number SimulatedAgent::Record::* of) {
    std::uint64_t sum = 0;
    fleet_.ForEach([&](const SimulatedAgent& agent) { sum += agent.record().*of; });
    return sum;
  }

  bool Expect(bool holds, const std::string& what) {
    if (holds) return true;
    std::string why;
    fleet_.ForEach([&](const SimulatedAgent& agent) {
      if (!agent.record().why_broken.empty()) why = agent.record().why_broken;
    });
    const auto connected = Count(IsConnected);
    figures_.wrong.push_back(fmt::format("{}; {} of {} agents are connected, sessions broke {} times{}", what,
                                         connected, fleet_.size(), Sum(&SimulatedAgent::Record::broken),
                                         why.empty() ? "" : fmt::format(", last: {}", why)));
    return false;
  }

  std::size_t Count(const std::function<bool(const SimulatedAgent&)>& holds) {
    std::size_t count = 0;
    fleet_.ForEach([&](const SimulatedAgent& agent) { count += holds(agent) ? 1 : 0; });
    return count;
  }

  bool Register() {
    const absl::Time begin = absl::Now();
    fleet_.ForEach([](SimulatedAgent& agent) { agent.Connect(); });
    if (!Expect(fleet_.AwaitAll(IsConnected, load_.limit), "not every agent has a session")) return false;
    figures_.registering =
        fleet_.Gather<absl::Duration>([&](const SimulatedAgent::Record& record) { return record.welcomed - begin; });
    figures_.cpu_registering = CpuSeconds(served_.pid);
    figures_.registered = *std::ranges::max_element(figures_.registering);
    return true;
  }

  bool KeepHeartbeats() {
    const std::uint64_t broken_before = Sum(&SimulatedAgent::Record::broken);
    const auto kept = [&](const SimulatedAgent& agent) { return agent.record().answered >= load_.heartbeats; };
    if (!Expect(fleet_.AwaitAll(kept, load_.limit), "not every heartbeat was answered")) return false;
    figures_.broken_registering = broken_before;
    return Expect(Sum(&SimulatedAgent::Record::broken) == broken_before, "a session was not kept");
  }

  std::string Submit(absl::Time& begin) {
    begin = absl::Now();
    return client_.Submit(LoadBundle(), [](v1::SubmitHeader& header) {
      header.set_every_agent(true);
      header.set_detached(true);
    });
  }

  bool RunJob() {
    const double cpu_before = CpuSeconds(served_.pid);
    absl::Time begin;
    const std::string job = figures_.first_job = Submit(begin);
    if (!AwaitFinished(job)) return false;
    figures_.cpu_running = CpuSeconds(served_.pid) - cpu_before;
    figures_.dispatched = fleet_.Gather<absl::Duration>(
        [&](const SimulatedAgent::Record& record) { return record.assigned.at(job) - begin; });
    const auto finished = fleet_.Gather<absl::Duration>(
        [&](const SimulatedAgent::Record& record) { return record.finished.at(job) - begin; });
    figures_.reported = *std::ranges::max_element(finished);
    return true;
  }

  bool AwaitFinished(const std::string& job) {
    const auto finished = [&](const SimulatedAgent& agent) { return agent.record().finished.contains(job); };
    return Expect(fleet_.AwaitAll(finished, load_.limit), fmt::format("run {} did not end on every agent", job));
  }

  // While all of them work on a job.
  bool CutOff() {
    fleet_.ForEach([](SimulatedAgent& agent) { agent.Hold(true); });
    absl::Time begin;
    const std::string job = figures_.second_job = Submit(begin);
    const auto assigned = [&](const SimulatedAgent& agent) { return agent.record().assigned.contains(job); };
    if (!Expect(fleet_.AwaitAll(assigned, load_.limit), "the second run did not reach every agent")) return false;
    const absl::Time cut = absl::Now();
    fleet_.ForEach([noticed = false](SimulatedAgent& agent) mutable { agent.CutOff(noticed = !noticed); }, load_.cut);
    if (!Expect(fleet_.AwaitAll(IsConnected, load_.limit), "not every agent came back")) return false;
    figures_.reconnected = fleet_.Gather<absl::Duration>(
        [&](const SimulatedAgent::Record& record) { return record.welcomed - cut; }, load_.cut);
    fleet_.ForEach([](SimulatedAgent& agent) { agent.Hold(false); });
    return AwaitFinished(job);
  }

  void CheckLeases() {
    const auto expect_none = [&](auto of, std::string_view what) {
      const std::uint64_t found = Sum(of);
      Expect(found == 0, fmt::format("{}: expected none, found {}", what, found));
    };
    expect_none(&SimulatedAgent::Record::lost_leases, "leases that ran out");
    expect_none(&SimulatedAgent::Record::refused, "bundles that could not be fetched");
    const std::uint64_t kept = Sum(&SimulatedAgent::Record::kept_leases);
    Expect(kept >= load_.cut, fmt::format("{} of {} agents kept their lease over the cut", kept, load_.cut));
  }

  const ServedFleet& served_;
  const FleetLoad& load_;
  SimulatedFleet fleet_;
  RunClient client_;
  Figures figures_;
};

}  // namespace

std::string LoadBundle() {
  Bundle bundle;
  bundle.suites = {"load.wsfleet.yaml"};
  bundle.files["load.wsfleet.yaml"] =
      "version: wsfleet/v1\nname: load\ntarget: ws://127.0.0.1:1\nscenarios:\n  - name: one\n    steps:\n"
      "      - connect: {path: /ws, expect: {header: {upgrade: websocket}}}\n";
  return wire::CanonicalForm(bundle);
}

absl::Duration Quantile(std::vector<absl::Duration> samples, double quantile) {
  if (samples.empty()) return absl::ZeroDuration();
  std::ranges::sort(samples);
  return samples[static_cast<std::size_t>(quantile * static_cast<double>(samples.size() - 1))];
}

Figures RunPhases(const ServedFleet& served, const FleetLoad& load) { return Phases(served, load).Run(); }

}  // namespace wsfleet::testing
