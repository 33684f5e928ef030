#include <string>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// The fleet's policy: how it is set, and what it allows runs.
namespace wsfleet::fleet {
namespace {

using ::testing::HasSubstr;

FleetPolicy Limited(const FleetLimits& limits) { return {AnyTarget(), limits}; }

AnswerSetPolicy Set(FleetDriver& driver, const FleetPolicy& policy,
                    std::optional<std::uint64_t> expected_version = std::nullopt, bool dry_run = false) {
  driver.Apply(SetPolicy{RequestId(700), policy, expected_version, dry_run});
  return driver.Last<AnswerSetPolicy>();
}

std::string RefusalOf(FleetDriver& driver, const JobSpec& spec) {
  driver.Submit(spec);
  return driver.Last<AnswerSubmit>().status.ToString();
}

TEST(Policy, IsSetOnceAndHoldsAfterARestart) {
  FleetDriver driver;
  const AnswerSetPolicy first = Set(driver, Limited({.open_runs = 3}));
  ASSERT_TRUE(first.status.ok());
  EXPECT_EQ(first.before.version, 0U);
  EXPECT_EQ(first.after.version, 1U);
  EXPECT_EQ(first.after.changed, driver.wall());
  // The same again is no change.
  const std::size_t commits = driver.Count<Persist>();
  EXPECT_EQ(Set(driver, Limited({.open_runs = 3})).after.version, 1U);
  EXPECT_EQ(driver.Count<Persist>(), commits);
  driver.Restart();
  EXPECT_EQ(Set(driver, Limited({.open_runs = 4})).before, first.after);
}

TEST(Policy, ThatNobodyHasSetIsSetEvenIfItIsTheSame) {
  FleetSettings settings;
  settings.policy = Limited({});
  FleetDriver driver(settings);
  const AnswerSetPolicy answer = Set(driver, Limited({}));
  EXPECT_EQ(answer.before, (PolicyRecord{Limited({})}));
  EXPECT_EQ(answer.after.version, 1U);
}

TEST(Policy, IsOnlyShownInADryRun) {
  FleetDriver driver;
  EXPECT_EQ(Set(driver, Limited({.open_runs = 3}), std::nullopt, true).after.version, 1U);
  EXPECT_EQ(Set(driver, Limited({.open_runs = 4}), std::nullopt, true).before.version, 0U);
}

TEST(Policy, IsNotChangedByWhoHasSeenAnotherOne) {
  FleetDriver driver;
  Set(driver, Limited({.open_runs = 3}));
  const AnswerSetPolicy late = Set(driver, Limited({.open_runs = 4}), 0);
  EXPECT_TRUE(absl::IsAborted(late.status));
  EXPECT_EQ(late.after.version, 1U);
  EXPECT_TRUE(Set(driver, Limited({.open_runs = 4}), 1).status.ok());
}

TEST(Policy, IsAnsweredWhenItIsDurable) {
  FleetDriver driver;
  driver.HoldCommits();
  driver.Apply(SetPolicy{RequestId(700), Limited({.open_runs = 3}), std::nullopt, false});
  EXPECT_EQ(driver.Count<AnswerSetPolicy>(), 0U);
  driver.CommitOne();
  EXPECT_EQ(driver.Count<AnswerSetPolicy>(), 1U);
}

TEST(Policy, LimitsTheRunsThatHaveNotEnded) {
  FleetDriver driver;
  Set(driver, Limited({.open_runs = 1}));
  const JobId first = driver.Submit(TwoCases());
  EXPECT_TRUE(driver.Last<AnswerSubmit>().status.ok());
  EXPECT_THAT(RefusalOf(driver, TwoCases()),
              HasSubstr("RESOURCE_EXHAUSTED: 1 runs have not ended, and the fleet's policy allows 1"));
  driver.Cancel(first);
  driver.Submit(TwoCases());
  EXPECT_TRUE(driver.Last<AnswerSubmit>().status.ok());
}

TEST(Policy, LimitsWhatARunTakes) {
  FleetDriver driver;
  JobSpec spec = TwoCases();
  spec.from = {"eu-west-1", "us-east-1", "ap-south-1"};
  spec.deadline = absl::Minutes(10);
  spec.bundle_bytes = 2000;
  for (const auto& [limits, words] : {std::pair(FleetLimits{.agents_per_run = 2},
                                                "agents of the run: 3, and the fleet's "
                                                "policy allows 2"),
                                      {FleetLimits{.connections_per_run = 2}, "limits.connections_per_run"},
                                      {FleetLimits{.run_duration = absl::Minutes(5)},
                                       "deadline: 10m, and the fleet's policy allows 5m (limits.run_duration); give no "
                                       "more by --timeout (of a schedule: "
                                       "timeout), or by deadline in the suite"},
                                      {FleetLimits{.bundle_bytes = 1000}, "files: 2000 bytes"}}) {
    Set(driver, Limited(limits));
    const std::string refusal = RefusalOf(driver, spec);
    EXPECT_THAT(refusal, HasSubstr(words));
    EXPECT_THAT(refusal, HasSubstr("INVALID_ARGUMENT"));
  }
  Set(driver, Limited({10, 3, 3, 1, absl::Minutes(10), 2000}));
  driver.Submit(spec);
  EXPECT_TRUE(driver.Last<AnswerSubmit>().status.ok()) << driver.Last<AnswerSubmit>().status;
}

TEST(Policy, RefusesASchedulesRunsAndTheScheduleItself) {
  FleetDriver driver;
  driver.ApplySchedule(EachMinute("tick"));
  ASSERT_TRUE(driver.Last<AnswerSchedule>().status.ok());
  Set(driver, Limited({.run_duration = absl::Seconds(1)}));
  driver.ApplySchedule(EachMinute("tock"));
  EXPECT_TRUE(absl::IsInvalidArgument(driver.Last<AnswerSchedule>().status));
  driver.Pass(absl::Minutes(2));
  ASSERT_FALSE(driver.Ticks("tick").empty());
  EXPECT_THAT(driver.Ticks("tick").back().reason, HasSubstr("limits.run_duration"));
}

TEST(Policy, TravelsWithEachLeaseAndItsShare) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  Set(driver, Limited({.connections_per_run = 5, .sessions_per_second = 3}));
  JobSpec spec = TwoCases();
  spec.from = {"eu-west-1", "us-east-1"};
  driver.Submit(spec);
  const auto assignments = driver.All<SendAssignment>();
  ASSERT_EQ(assignments.size(), 2U);
  for (const SendAssignment& assignment : assignments) {
    EXPECT_EQ(*assignment.policy, RenderFleetPolicy(Limited({.connections_per_run = 5, .sessions_per_second = 3})));
    EXPECT_EQ(assignment.share.connections, 2U);
    EXPECT_EQ(assignment.share.sessions_per_second, 1.5);
  }
}

}  // namespace
}  // namespace wsfleet::fleet
