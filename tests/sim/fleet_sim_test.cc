#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "gtest/gtest.h"
#include "tests/sim/world.h"

namespace wsfleet::sim {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// WSFLEET_SIM_SEEDS: how many. WSFLEET_SIM_FIRST_SEED: from which on; to repeat a failure, with one seed.
// WSFLEET_SIM_TRACE: prints what the machine is told and what it asks for.
TEST(FleetSimulation, KeepsItsInvariantsUnderFaults) {
  const std::uint64_t first = FromEnvironment("WSFLEET_SIM_FIRST_SEED", 1);
  const std::uint64_t seeds = FromEnvironment("WSFLEET_SIM_SEEDS", 200);
  std::map<std::string, int> ends;
  std::map<std::string, std::uint64_t> ticks;
  std::uint64_t steps = 0, removed = 0, quarantines = 0, denials = 0, refusals = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    World world(seed);
    const std::vector<std::string> complaints = world.Run();
    ASSERT_TRUE(complaints.empty()) << fmt::format(
        "seed {} after {} steps: {}\nagain: WSFLEET_SIM_FIRST_SEED={} WSFLEET_SIM_SEEDS=1", seed, world.steps(),
        fmt::join(complaints, "\n"), seed);
    steps += world.steps();
    quarantines += world.quarantines();
    refusals += world.refusals();
    for (const auto& [id, job] : world.store().jobs()) ++ends[std::string(JobVerdictName(*job.verdict))];
    for (const auto& [id, job] : world.store().removed_jobs()) ++ends[std::string(JobVerdictName(*job.verdict))];
    denials += world.store().budgets().denials();
    removed += world.store().removed_jobs().size();
    for (const TickOutcome outcome :
         {TickOutcome::kStarted, TickOutcome::kWaiting, TickOutcome::kSkipped, TickOutcome::kMissed}) {
      ticks[std::string(TickOutcomeName(outcome))] += world.store().schedules().Total(outcome);
    }
  }
  fmt::print(
      "{} seeds, {} steps, {} streams in quarantine; runs by verdict: {}; of these, removed: {}; leases denied: {}; "
      "never stored: {}; ticks: {}\n",
      seeds, steps, quarantines, ends, removed, denials, refusals, ticks);
  if (seeds < 100) return;
  // A simulation in which nothing happens proves nothing.
  for (const char* verdict : {"passed", "failed", "inconclusive", "timed out", "cancelled"}) {
    EXPECT_GT(ends[verdict], 0) << verdict;
  }
  EXPECT_GT(removed, 0u);
  EXPECT_GT(denials, 0u);
  EXPECT_GT(quarantines, 0u);
  EXPECT_GT(refusals, 0u);
  for (const auto& [outcome, count] : ticks) EXPECT_GT(count, 0u) << outcome;
}

TEST(FleetSimulation, RepeatsItselfFromItsSeed) {
  const auto run = [](std::uint64_t seed) {
    World world(seed);
    world.Run();
    return std::pair(world.steps(), Describe(world.store().Load({})));
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7).first, run(8).first);
}

}  // namespace
}  // namespace wsfleet::sim
