#include <signal.h>

#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/faults/checker/load.h"
#include "tests/faults/checker/stored.h"
#include "tests/faults/checker/witness.h"

// Row 33 of the faults with real processes; the ten thousand races are those of tests/unit/fleet/cancel_race_test.cc.
namespace wsfleet::testing {
namespace {

TEST(Fault33, ACancelThatRacesTheEndOfARunLeavesOneTerminalState) {
  constexpr int kRaces = 24;
  const Model model{1, {"1"}, 1, ""};
  RealFleet fleet;
  TargetServer target(DemoTarget({"accept-any-token"}));
  fleet.StartAgent("eu-1", "eu-west-1");
  const Bundle suite = LoadSuite(target.ws_url(), model);
  Witness runs(fleet, suite, {kLoadRegions.front()});
  Witness cancels(fleet, suite, {kLoadRegions.front()});
  // How long a run takes here and now: the cancels are spread over that time and a little more.
  const absl::Time began = absl::Now();
  ASSERT_EQ(runs.Run(RunKey("first")).verdict, "passed");
  const absl::Duration length = absl::Now() - began;

  std::vector<Testimony> testimonies;
  for (int race = 0; race < kRaces; ++race) {
    Testimony& seen = testimonies.emplace_back();
    seen.key = RunKey(fmt::format("race-{}", race));
    const auto job = runs.Submit(seen.key);
    ASSERT_TRUE(job.ok()) << job.status();
    seen.acknowledged = {*job};
    std::thread canceller([&] {
      absl::SleepFor(length * race / (kRaces - 4));
      EXPECT_TRUE(cancels.Cancel(*job).ok());
    });
    runs.Follow(*job, seen);
    canceller.join();
    // Whoever looks again sees the same end.
    Testimony again;
    runs.Follow(*job, again);
    EXPECT_EQ(again.verdict, seen.verdict) << job->value();
  }
  fleet.coordinator().Signal(SIGTERM);
  ASSERT_EQ(fleet.coordinator().Wait(absl::Seconds(30)), 0);
  const auto stored = ReadStored(fleet.store());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_TRUE(stored->leases.empty());
  std::map<std::string, int> ends;
  for (const Testimony& seen : testimonies) {
    const Stored::Job& job = stored->jobs.at(seen.acknowledged.front());
    EXPECT_EQ(seen.verdict, JobVerdictName(job.job.verdict.value()));
    EXPECT_EQ(seen.trouble, "");
    EXPECT_EQ(seen.events.back().number, job.job.last_event) << "nothing came after the end";
    if (seen.verdict == "passed") {
      EXPECT_EQ(job.results.size(), 1U);
    } else {
      EXPECT_EQ(seen.verdict, "cancelled");
    }
    ++ends[seen.verdict];
  }
  // The first one was cancelled at once, the last one after it had ended.
  EXPECT_GT(ends["passed"], 0);
  EXPECT_GT(ends["cancelled"], 0);
  fmt::print("passed {}, cancelled {}\n", ends["passed"], ends["cancelled"]);
}

}  // namespace
}  // namespace wsfleet::testing
