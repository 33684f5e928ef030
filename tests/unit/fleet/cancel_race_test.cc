#include <cstdint>
#include <map>
#include <string>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/sim/dice.h"
#include "tests/unit/fleet/fleet_driver.h"

// Row 33 of the faults: a run is cancelled while its last results arrive. Everything follows from the seed.
namespace wsfleet::fleet {
namespace {

class Race {
 public:
  explicit Race(std::uint64_t seed) : dice_(seed) {
    stream_ = driver_.Connect("eu-1", "eu-west-1");
    job_ = driver_.Submit(TwoCases());
    lease_ = driver_.Last<SendAssignment>().lease;
    driver_.Heartbeat(stream_, {lease_.id});
    driver_.HoldCommits();
    driver_.ForgetEffects();
  }

  void Run() {
    int cancels = dice_.Chance(30) ? 2 : 1;
    while (step_ < 3 || cancels > 0) {
      if (step_ < 3 && (cancels == 0 || dice_.Chance(60))) {
        AgentGoesOn();
      } else {
        driver_.Cancel(job_, "a race");
        --cancels;
      }
      while (driver_.held_commits() > 0 && dice_.Chance(40)) driver_.CommitOne();
      if (!crashed_ && dice_.Chance(5)) Crash();
    }
    Settle();
  }

  // One terminal state, which is what the client was told, and nothing changes it.
  void Check() {
    const JobRecord ended = driver_.job(job_);
    ASSERT_TRUE(IsTerminal(ended.state)) << JobStateName(ended.state);
    bool accepted = false;
    for (const AnswerCancel& answer : driver_.All<AnswerCancel>()) accepted = accepted || answer.status.ok();
    // An answer may have died with the process, what it answered not.
    if (accepted || !crashed_) {
      EXPECT_EQ(ended.state, accepted ? JobState::kCancelled : JobState::kPassed);
    }
    if (ended.state == JobState::kPassed) {
      EXPECT_EQ(driver_.shard(job_).finished_cases, 2u);
    }
    driver_.Report(stream_, lease_, 9, {Result("suite/a", Outcome::kFailed)});
    driver_.Finish(stream_, lease_, ShardEnd::kCancelled);
    driver_.Cancel(job_, "too late");
    Settle();
    EXPECT_EQ(driver_.job(job_), ended);
    EXPECT_TRUE(driver_.store().leases().empty());
  }

  JobState state() const { return driver_.job(job_).state; }

 private:
  void AgentGoesOn() {
    // What it was told, it may act on or not yet.
    const bool told = driver_.Count<SendCancel>() > 0 && dice_.Chance(50);
    if (told || step_ == 2) {
      driver_.Finish(stream_, lease_, told ? ShardEnd::kCancelled : ShardEnd::kCompleted);
      step_ = 3;
    } else {
      ++step_;
      driver_.Report(stream_, lease_, static_cast<std::uint64_t>(step_), {Result(step_ == 1 ? "suite/a" : "suite/b")});
    }
  }

  // What was not committed is lost; the agent comes back and sends everything again.
  void Crash() {
    crashed_ = true;
    driver_.Restart();
    stream_ = driver_.Connect("eu-1", "eu-west-1", {{lease_.id, lease_.shard}});
    for (int seq = 1; seq <= std::min(step_, 2); ++seq) {
      driver_.Report(stream_, lease_, static_cast<std::uint64_t>(seq), {Result(seq == 1 ? "suite/a" : "suite/b")});
    }
    if (step_ == 3) driver_.Finish(stream_, lease_);
  }

  // Everything is durable, and every lease has had its time.
  void Settle() {
    for (int i = 0; i < 3; ++i) {
      while (driver_.held_commits() > 0) driver_.CommitOne();
      driver_.Pass(absl::Minutes(2));
    }
  }

  sim::Dice dice_;
  FleetDriver driver_;
  StreamId stream_;
  JobId job_;
  LeaseRecord lease_;
  int step_ = 0;  // of the agent: results of a, of b, the end
  bool crashed_ = false;
};

TEST(Fault33, ACancelThatRacesTheEndOfARunLeavesOneTerminalStateInTenThousandRaces) {
  std::map<JobState, int> ends;
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    Race race(seed);
    race.Run();
    race.Check();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
    ++ends[race.state()];
  }
  // A race that always ends alike is none.
  EXPECT_GT(ends[JobState::kPassed], 1000);
  EXPECT_GT(ends[JobState::kCancelled], 1000);
  fmt::print("passed {}, cancelled {}\n", ends[JobState::kPassed], ends[JobState::kCancelled]);
}

}  // namespace
}  // namespace wsfleet::fleet
