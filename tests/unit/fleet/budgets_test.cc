#include "coordinator/fleet/budgets.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// Budgets that other fleets draw on too: what a lease asks for, and what waits.
namespace wsfleet::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const BudgetName kChat("chat");

FleetSettings WithBudget(std::uint32_t connections, std::uint32_t sessions_per_second) {
  FleetSettings settings;
  settings.policy.targets = {
      false, {{"chat.example", {443}, {}, Budget{kChat, connections, sessions_per_second}}, {"free.example"}}};
  return settings;
}

JobSpec At(const std::string& host, std::uint32_t connections = 0, std::uint32_t sessions = 0) {
  JobSpec spec = TwoCases();
  spec.agents_wait = absl::Minutes(1);
  spec.needs = {{{{host, 443}}}, connections, sessions};
  return spec;
}

// With room for many shards, so that nothing but the budget holds them up.
void ConnectLarge(FleetDriver& driver) {
  AgentConnected event;
  event.max_shards = 100;
  event.agent.region = RegionName("eu-west-1");
  event.agent.id = AgentId("eu-1");
  event.agent.boot = BootId("boot-1");
  driver.ConnectWith(event);
}

std::vector<JobId> Assigned(const FleetDriver& driver) {
  std::vector<JobId> jobs;
  for (const SendAssignment& sent : driver.All<SendAssignment>()) jobs.push_back(sent.lease.shard.job);
  return jobs;
}

TEST(Budgets, KnowsNothingOfABudgetBeforeTheStoreHasSpoken) {
  Budgets budgets;
  budgets.Use(WithBudget(10, 10).policy.targets);
  const std::vector<Budget> shares = budgets.SharesFor(JobId("r-1"), {}, 2);
  EXPECT_THAT(shares, ElementsAre(Budget{kChat, 5, 5}));
  EXPECT_EQ(budgets.Lacking(shares), std::nullopt);
  budgets.OnAsked(CommitId(1), shares);
  EXPECT_EQ(budgets.Lacking(shares), kChat) << "one at a time";
  EXPECT_EQ(budgets.Describe(kChat), "");
  budgets.OnPersisted({CommitId(1), {{}, {{{kChat, 10, 10}, 7, 5}}}});
  EXPECT_EQ(budgets.Describe(kChat), "7 of 10 connections and 5 of 10 sessions a second are taken");
  EXPECT_EQ(budgets.Lacking(shares), kChat);
  EXPECT_EQ(budgets.Lacking({{kChat, 3, 5}}), std::nullopt);
  budgets.OnEnded({{kChat, 2, 2}});
  EXPECT_EQ(budgets.Lacking(shares), std::nullopt);
}

TEST(Budgets, CountsWhatWasAskedForSince) {
  Budgets budgets;
  budgets.Use(WithBudget(10, 10).policy.targets);
  budgets.OnAsked(CommitId(1), {{kChat, 1, 1}});
  budgets.OnAsked(CommitId(2), {{kChat, 5, 1}});
  budgets.OnPersisted({CommitId(1), {{}, {{{kChat, 10, 10}, 1, 1}}}});
  EXPECT_EQ(budgets.Lacking({{kChat, 4, 1}}), std::nullopt);
  EXPECT_EQ(budgets.Lacking({{kChat, 5, 1}}), kChat);
}

TEST(Budgets, AreAskedForWithWhatOtherFleetsSayOfThem) {
  Budgets budgets;
  budgets.Use(WithBudget(10, 10).policy.targets);
  budgets.OnPersisted({CommitId(1), {{}, {{{kChat, 4, 10}, 0, 0}}}});
  EXPECT_THAT(budgets.SharesFor(JobId("r-1"), {}, 1), ElementsAre(Budget{kChat, 4, 10}));
}

TEST(Budgets, OfALeaseAreInItsRowAndInWhatItsAgentIsSent) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  driver.Submit(At("chat.example", 3, 2));
  const auto sent = driver.Last<SendAssignment>();
  EXPECT_THAT(sent.lease.shares, ElementsAre(Budget{kChat, 3, 2}));
  EXPECT_EQ(driver.store().leases().at(sent.lease.id), sent.lease);
  driver.Submit(At("free.example"));
  EXPECT_THAT(driver.Last<SendAssignment>().lease.shares, IsEmpty());
  EXPECT_THAT(driver.store().budgets().budgets(), ElementsAre(Budget{kChat, 10, 10}));
}

TEST(Budgets, MakeARunWaitUntilAnotherOneHasEnded) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  const JobId first = driver.Submit(At("chat.example"));
  const JobId second = driver.Submit(At("chat.example"));
  const JobId other = driver.Submit(At("free.example"));
  EXPECT_THAT(Assigned(driver), ElementsAre(first, other));
  EXPECT_EQ(driver.shard(second).state, ShardState::kPending);
  EXPECT_EQ(driver.shard(second).reason,
            "it waits for a share of budget chat: 10 of 10 connections and 10 of 10 sessions a second are taken");
  EXPECT_THAT(driver.Notes(second), ElementsAre("eu-west-1: " + driver.shard(second).reason));
  EXPECT_EQ(driver.fleet().Count().waiting, 1U);
  const auto running = driver.All<SendAssignment>().front();
  driver.RunAll(running.stream, running);
  EXPECT_THAT(Assigned(driver), ElementsAre(first, other, second));
  EXPECT_EQ(driver.shard(second).attempt, 1U);
  EXPECT_EQ(driver.shard(second).reason, "");
  EXPECT_EQ(driver.fleet().Count().waiting, 0U);
}

TEST(Budgets, AreGivenToAsManyRunsAsFit) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  driver.HoldCommits();
  for (int i = 0; i < 5; ++i) driver.Submit(At("chat.example", 4, 1));
  while (driver.held_commits() > 0) driver.CommitOne();
  EXPECT_EQ(Assigned(driver).size(), 2U);
  EXPECT_THAT(driver.budgets().Exceeded(), IsEmpty());
  // All of the others say why, though nothing was known when they came.
  for (const char* waiting : {"r-3", "r-4", "r-5"}) {
    EXPECT_THAT(driver.shard(JobId(waiting)).reason, HasSubstr("8 of 10 connections")) << waiting;
    EXPECT_EQ(driver.Notes(JobId(waiting)).size(), 1U) << waiting;
  }
}

TEST(Budgets, ThatAnotherFleetTookMeanwhileDenyALeaseAndTheMachineGoesOn) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  EXPECT_TRUE(driver.budgets().ReserveElsewhere({kChat, 8, 1}));
  const JobId job = driver.Submit(At("chat.example", 4, 1));
  EXPECT_THAT(Assigned(driver), IsEmpty());
  EXPECT_EQ(driver.shard(job).state, ShardState::kPending);
  EXPECT_EQ(driver.shard(job).attempt, 0U) << "what never was is no attempt";
  EXPECT_THAT(driver.store().leases(), IsEmpty());
  EXPECT_THAT(driver.shard(job).reason, HasSubstr("8 of 10 connections and 1 of 10 sessions a second"));
  // However often it is asked for: people are told once.
  driver.Pass(absl::Seconds(10));
  EXPECT_EQ(driver.Notes(job).size(), 1U);
  EXPECT_TRUE(driver.budgets().ReserveElsewhere({kChat, 6, 1}));
  driver.Pass(absl::Seconds(2));
  EXPECT_THAT(Assigned(driver), ElementsAre(job));
  EXPECT_EQ(driver.Last<SendAssignment>().lease.attempt, 1U);
  driver.RunAll(driver.Last<SendAssignment>().stream, driver.Last<SendAssignment>());
  EXPECT_EQ(driver.job(job).state, JobState::kPassed);
}

TEST(Budgets, AreWaitedForAsLongAsAnAgent) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  driver.budgets().ReserveElsewhere({kChat, 10, 1});
  const JobId job = driver.Submit(At("chat.example"));
  driver.Pass(absl::Seconds(59));
  EXPECT_FALSE(IsTerminal(driver.job(job).state));
  driver.Pass(absl::Seconds(2));
  EXPECT_EQ(driver.job(job).state, JobState::kInconclusive);
  EXPECT_EQ(driver.shard(job).reason,
            "no share of budget chat came free within 1m (10 of 10 connections and 1 of 10 sessions a second are "
            "taken)");
}

TEST(Budgets, AreAskedForAgainAfterOthersSaidLessOfThem) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  driver.budgets().SayElsewhere({kChat, 2, 2});
  driver.Submit(At("chat.example"));
  EXPECT_THAT(driver.Last<SendAssignment>().lease.shares, ElementsAre(Budget{kChat, 2, 2}));
}

TEST(Budgets, OfAMachineThatDiedBeforeItHeardOfADenialCostNoAttempt) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  driver.budgets().ReserveElsewhere({kChat, 10, 10});
  JobId job;
  driver.HoldCommits();
  job = driver.Submit(At("chat.example"));
  driver.CommitAndForget();
  EXPECT_EQ(driver.shard(job).state, ShardState::kLeased);
  driver.Restart();
  driver.ReleaseCommits();
  driver.budgets().ReserveElsewhere({kChat, 0, 0});
  ConnectLarge(driver);
  EXPECT_EQ(driver.Last<SendAssignment>().lease.attempt, 1U);
}

TEST(Budgets, AreGivenBackWhenARunIsCancelledWhoseLeaseIsNotDecided) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  driver.budgets().ReserveElsewhere({kChat, 10, 10});
  driver.HoldCommits();
  const JobId job = driver.Submit(At("chat.example"));
  driver.Cancel(job, "enough");
  while (driver.held_commits() > 0) driver.CommitOne();
  EXPECT_EQ(driver.job(job).state, JobState::kCancelled);
  EXPECT_THAT(Assigned(driver), IsEmpty());
}

TEST(Budgets, ThatAPolicyHasNoMoreAreNotWaitedFor) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  driver.budgets().ReserveElsewhere({kChat, 10, 10});
  const JobId job = driver.Submit(At("chat.example"));
  driver.Apply(SetPolicy{RequestId(7), {{false, {{"chat.example"}}}, {}}, std::nullopt});
  EXPECT_THAT(Assigned(driver), ElementsAre(job));
  EXPECT_THAT(driver.store().budgets().budgets(), IsEmpty());
}

TEST(Budgets, AreHeldByTheLeasesOfAMachineThatWasLoadedAgain) {
  FleetDriver driver(WithBudget(10, 10));
  ConnectLarge(driver);
  driver.Submit(At("chat.example"));
  driver.Restart();
  ConnectLarge(driver);
  // Its agent does not hold the lease: it ends, and its share with it.
  EXPECT_EQ(Assigned(driver).size(), 2U);
  EXPECT_THAT(driver.budgets().Exceeded(), IsEmpty());
  EXPECT_EQ(driver.store().budgets().StateOf(kChat).connections, 10U);
}

}  // namespace
}  // namespace wsfleet::fleet
