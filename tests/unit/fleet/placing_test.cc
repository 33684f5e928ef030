#include <algorithm>

#include "coordinator/fleet/fleet.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

namespace wsfleet::fleet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

JobSpec From(std::vector<std::string> terms) {
  JobSpec spec = TwoCases();
  spec.from = std::move(terms);
  return spec;
}

std::vector<std::string> Agents(const FleetDriver& driver, const JobId& job) {
  std::vector<std::string> agents;
  for (const ShardRecord& shard : driver.store().ShardsOf(job)) agents.push_back(shard.agent.value());
  return agents;
}

TEST(Placing, TakesOneAgentForEachTerm) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("eu-2", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  EXPECT_THAT(Agents(driver, driver.Submit(From({"us-*", "eu-*"}))), ElementsAre("us-1", "eu-1"));
}

TEST(Placing, TakesDistinctAgentsWhereThereAreSome) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("eu-2", "eu-west-1");
  EXPECT_THAT(Agents(driver, driver.Submit(From({"eu-*", "eu-west-1"}))), ElementsAre("eu-1", "eu-2"));
}

TEST(Placing, TakesAnAgentByItsId) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("eu-2", "eu-west-1");
  const JobId job = driver.Submit(From({"eu-2"}));
  EXPECT_THAT(Agents(driver, job), ElementsAre("eu-2"));
  EXPECT_EQ(driver.shard(job).region, RegionName("eu-west-1"));
}

TEST(Placing, LetsAgentsReportOnceAllOfThousandsHaveTheirLease) {
  const auto report_after = [](int agents, std::uint64_t asked) {
    FleetDriver driver;
    for (int i = 0; i < agents; ++i) driver.Connect("eu-" + std::to_string(i), "eu-west-1");
    JobSpec spec = TwoCases();
    spec.from = std::vector<std::string>(asked, "eu-west-1");
    driver.Submit(spec);
    return driver.Last<SendAssignment>().report_after;
  };
  EXPECT_EQ(report_after(300, 300), absl::Milliseconds(30));
  EXPECT_EQ(report_after(300, 3), absl::ZeroDuration());
  // Few agents are soon done with, however much waits for them.
  EXPECT_EQ(report_after(3, 300), absl::ZeroDuration());
}

TEST(Placing, TakesTheLeastBusyAgent) {
  FleetDriver driver;
  AgentConnected event;
  event.max_shards = 4;
  event.agent.region = RegionName("eu-west-1");
  event.agent.id = AgentId("eu-1");
  driver.ConnectWith(event);
  event.agent.id = AgentId("eu-2");
  driver.ConnectWith(event);
  EXPECT_THAT(Agents(driver, driver.Submit(TwoCases())), ElementsAre("eu-1"));
  EXPECT_THAT(Agents(driver, driver.Submit(TwoCases())), ElementsAre("eu-2"));
}

TEST(Placing, WithoutTermsTakesOneAgentInEachRegion) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("eu-2", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  EXPECT_THAT(Agents(driver, driver.Submit(From({}))), ElementsAre("eu-1", "us-1"));
}

TEST(Placing, WithoutTermsMissesARegionWhoseAgentWasLost) {
  FleetDriver driver;
  driver.Connect("us-1", "us-east-1");
  driver.Disconnect(driver.Connect("eu-1", "eu-west-1"));
  driver.Pass(absl::Minutes(30));
  EXPECT_THAT(Agents(driver, driver.Submit(From({}))), ElementsAre("", "us-1"));
}

TEST(Placing, WithoutTermsForgetsARegionWhoseAgentLeftInPeace) {
  FleetDriver driver;
  driver.Connect("us-1", "us-east-1");
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.Apply(DrainRequested{stream});
  driver.Disconnect(stream);
  driver.Pass(absl::Seconds(1));
  EXPECT_THAT(Agents(driver, driver.Submit(From({}))), ElementsAre("us-1"));
}

TEST(Placing, GivesNothingToAnAgentThatIsSilentUntilItSpeaks) {
  FleetDriver driver;
  const StreamId silent = driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(From({"eu-west-1"}));
  EXPECT_THAT(Agents(driver, job), ElementsAre("eu-1"));
  // Its stream lives, and nothing comes: the lease runs out, and the shard waits for another agent.
  driver.Pass(FleetSettings{}.lease_time);
  EXPECT_EQ(driver.store().ShardsOf(job).front().state, ShardState::kPending);
  EXPECT_EQ(driver.store().ShardsOf(job).front().attempt, 1u);
  driver.Heartbeat(silent, {});
  EXPECT_EQ(driver.store().ShardsOf(job).front().attempt, 2u);
}

TEST(Placing, WithoutTermsWaitsForTheFirstAgent) {
  FleetDriver driver;
  const JobId job = driver.Submit(From({}));
  EXPECT_EQ(driver.job(job).state, JobState::kQueued);
  driver.Pass(absl::Seconds(29));
  driver.Connect("eu-1", "eu-west-1");
  EXPECT_THAT(Agents(driver, job), ElementsAre("eu-1"));
}

TEST(Placing, WithoutTermsAndAgentsEndsInconclusive) {
  FleetDriver driver;
  const JobId job = driver.Submit(From({}));
  driver.Pass(absl::Seconds(30));
  EXPECT_EQ(driver.job(job).verdict, JobVerdict::kInconclusive);
  EXPECT_THAT(driver.job(job).reasons, Contains(HasSubstr("no agent is connected (waited 30s)")));
}

TEST(Placing, NamesTheRegionThatHadNoAgent) {
  FleetDriver driver;
  const StreamId us = driver.Connect("us-1", "us-east-1");
  const JobId job = driver.Submit(From({"us-east-1", "eu-west-1"}));
  EXPECT_EQ(driver.shard(job, 2).region, RegionName("eu-west-1"));
  driver.RunAll(us, driver.Last<SendAssignment>());
  driver.Pass(absl::Seconds(30));
  EXPECT_EQ(driver.shard(job, 2).reason, "no agent in eu-west-1 within 30s (the fleet has agents in us-east-1)");
  EXPECT_THAT(driver.Notes(job),
              Contains("eu-west-1: nobody is there yet, waiting up to 30s; the fleet has agents in us-east-1"));
  EXPECT_EQ(driver.job(job).verdict, JobVerdict::kInconclusive);
  EXPECT_THAT(driver.job(job).reasons, Contains(HasSubstr("no agent in eu-west-1 within 30s")));
}

TEST(Placing, SuggestsTheRegionOrAgentThatWasMeant) {
  FleetDriver driver;
  driver.Connect("us-1", "us-east-1");
  const JobId job = driver.Submit(From({"us-esat-1", "us-2"}));
  EXPECT_THAT(driver.Notes(job), Contains("us-esat-1: nobody is there yet, waiting up to 30s; the fleet has agents in "
                                          "us-east-1; did you mean us-east-1?"));
  EXPECT_THAT(driver.Notes(job), Contains(HasSubstr("did you mean us-1?")));
  driver.Pass(absl::Seconds(30));
  EXPECT_EQ(driver.shard(job).reason,
            "no agent in us-esat-1 within 30s (the fleet has agents in us-east-1; did you mean us-east-1?)");
}

TEST(Placing, SaysThatTheAgentsOfTheRegionWereLost) {
  FleetDriver driver;
  driver.Disconnect(driver.Connect("eu-1", "eu-west-1"));
  const JobId job = driver.Submit(From({"eu-west-1"}));
  EXPECT_THAT(driver.Notes(job), Contains("eu-west-1: nobody is there yet, waiting up to 30s; eu-1 was lost"));
  driver.Pass(absl::Seconds(30));
  EXPECT_EQ(driver.shard(job).reason, "no agent in eu-west-1 within 30s (eu-1 was lost)");
}

TEST(Placing, NamesTheLostAgentThatNobodyReplaced) {
  FleetDriver driver;
  driver.Disconnect(driver.Connect("eu-1", "eu-west-1"));
  driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  driver.Disconnect(driver.Last<SendWelcome>().stream);
  driver.Pass(absl::Seconds(120));
  EXPECT_EQ(driver.shard(job).reason, "agent eu-1 was lost; attempt 1 of 3; no agent in eu-west-1 within 30s");
}

TEST(Placing, SaysThatEveryAgentIsDrained) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Apply(SetDrained{RequestId(900), {AgentId("eu-1")}, {}, true});
  const JobId job = driver.Submit(From({}));
  driver.Pass(absl::Seconds(30));
  EXPECT_THAT(driver.job(job).reasons, Contains(HasSubstr("every agent is drained (waited 30s)")));
}

TEST(Placing, PassesOverAgentsThatSpeakLessThanThePlanNeedsAndNamesThem) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  JobSpec spec = TwoCases();
  spec.language_minor = 2;
  const JobId job = driver.Submit(spec);
  EXPECT_EQ(driver.Count<SendAssignment>(), 0u);
  driver.Pass(absl::Seconds(30));
  EXPECT_EQ(driver.shard(job).reason,
            "no agent in eu-west-1 within 30s (eu-1 speaks wsfleet/v1.1, the suite needs v1.2)");
  EXPECT_EQ(driver.shard(job).attempt, 0u);
  AgentConnected newer;
  newer.agent.id = AgentId("eu-2");
  newer.agent.region = RegionName("eu-west-1");
  newer.language_minor = 2;
  driver.ConnectWith(newer);
  EXPECT_THAT(Agents(driver, driver.Submit(spec)), ElementsAre("eu-2"));
}

TEST(Placing, NamesAFewOfThoseThatArePassedOver) {
  FleetDriver driver;
  JobSpec spec = TwoCases();
  spec.language_minor = 2;
  for (const char* id : {"eu-1", "eu-2", "eu-3", "eu-4", "eu-5"}) driver.Connect(id, "eu-west-1");
  const JobId job = driver.Submit(spec);
  driver.Pass(absl::Seconds(30));
  EXPECT_THAT(driver.shard(job).reason, HasSubstr("eu-3 speaks wsfleet/v1.1, the suite needs v1.2, 2 more)"));
}

TEST(Placing, CountsTimeInTheQueueAgainstAgentsWait) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Submit(TwoCases());
  const JobId second = driver.Submit(TwoCases());
  driver.Pass(absl::Seconds(30));
  EXPECT_EQ(driver.shard(second).reason, "every agent in eu-west-1 was busy for 30s");
}

TEST(Placing, ServesTheOldestJobFirst) {
  FleetDriver driver;
  const JobId first = driver.Submit(TwoCases());
  const JobId second = driver.Submit(TwoCases());
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(driver.shard(first).state, ShardState::kLeased);
  EXPECT_EQ(driver.shard(second).state, ShardState::kPending);
  driver.RunAll(stream, driver.Last<SendAssignment>());
  EXPECT_EQ(driver.shard(second).state, ShardState::kLeased);
}

TEST(Placing, PrefersAnotherAgentAfterALoss) {
  FleetDriver driver;
  const StreamId first = driver.Connect("eu-1", "eu-west-1");
  driver.Connect("eu-2", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  driver.Finish(first, driver.Last<SendAssignment>().lease);
  EXPECT_THAT(Agents(driver, job), ElementsAre("eu-2"));
}

JobSpec Everywhere(std::vector<std::string> terms) {
  JobSpec spec = From(std::move(terms));
  spec.every_agent = true;
  return spec;
}

std::vector<std::string> Regions(const FleetDriver& driver, const JobId& job) {
  std::vector<std::string> regions;
  for (const ShardRecord& shard : driver.store().ShardsOf(job)) regions.push_back(shard.region.value());
  return regions;
}

TEST(EveryAgent, RunsWhatMatchesItOnceHoweverManyTermsDo) {
  FleetDriver driver;
  for (const char* agent : {"eu-1", "eu-2", "eu-3"}) driver.Connect(agent, "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  const JobId job = driver.Submit(Everywhere({"eu-*", "eu-west-1", "us-1"}));
  EXPECT_THAT(Agents(driver, job), ElementsAre("eu-1", "eu-2", "eu-3", "us-1"));
  EXPECT_EQ(driver.Count<SendAssignment>(), 4u);
}

TEST(EveryAgent, WithoutTermsIsThatOfEveryRegion) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("eu-2", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  driver.Disconnect(driver.Connect("ap-1", "ap-south-1"));
  const JobId job = driver.Submit(Everywhere({}));
  EXPECT_THAT(Agents(driver, job), ElementsAre("", "eu-1", "eu-2", "us-1")) << "a lost region is missed";
  EXPECT_THAT(Regions(driver, job), ElementsAre("ap-south-1", "eu-west-1", "eu-west-1", "us-east-1"));
}

TEST(EveryAgent, LeavesOutWhoDrainsOrIsGone) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Apply(DrainRequested{driver.Connect("eu-2", "eu-west-1")});
  driver.Disconnect(driver.Connect("eu-3", "eu-west-1"));
  EXPECT_THAT(Agents(driver, driver.Submit(Everywhere({"eu-west-1"}))), ElementsAre("eu-1"));
}

TEST(EveryAgent, OfATermThatNobodyMatchesIsTheFirstThatComes) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(Everywhere({"eu-*", "us-*"}));
  driver.Connect("us-1", "us-east-1");
  driver.Connect("us-2", "us-east-1");
  EXPECT_THAT(Agents(driver, job), ElementsAre("eu-1", "us-1"));
}

TEST(EveryAgent, IsNotReplacedByAnotherOfItsRegion) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  const StreamId second = driver.Connect("eu-2", "eu-west-1");
  const JobId job = driver.Submit(Everywhere({"eu-west-1"}));
  const std::vector<SendAssignment> assignments = driver.All<SendAssignment>();
  driver.RunAll(StreamId(1), assignments[0]);
  driver.Disconnect(second);
  driver.Pass(absl::Minutes(3));
  EXPECT_EQ(driver.job(job).verdict, JobVerdict::kInconclusive);
  EXPECT_THAT(driver.job(job).reasons, Contains(HasSubstr("agent eu-2 was lost")));
}

TEST(EveryAgent, MustFitTheLimits) {
  FleetSettings settings;
  settings.max_shards_per_job = 2;
  FleetDriver driver(settings);
  for (const char* agent : {"eu-1", "eu-2", "eu-3"}) driver.Connect(agent, "eu-west-1");
  driver.Submit(Everywhere({"eu-west-1"}));
  EXPECT_TRUE(absl::IsResourceExhausted(driver.Last<AnswerSubmit>().status));
  const JobId job = driver.Submit(Everywhere({}));
  EXPECT_THAT(driver.job(job).reasons, Contains(HasSubstr("3 agents and 2 cases")));
}

TEST(Submit, IsBoundedByTheAgentsThatOpenRunsAskFor) {
  FleetSettings settings;
  settings.max_open_shards = 3;
  FleetDriver driver(settings);
  driver.Submit(From({"eu-*", "us-*"}));
  driver.Submit(From({"eu-*", "us-*"}));
  EXPECT_TRUE(absl::IsResourceExhausted(driver.Last<AnswerSubmit>().status));
  driver.Restart();
  driver.Submit(From({"eu-*", "us-*"}));
  EXPECT_TRUE(absl::IsResourceExhausted(driver.Last<AnswerSubmit>().status));
  driver.Pass(absl::Minutes(1));  // nobody came: the first has ended
  driver.Submit(From({"eu-*", "us-*"}));
  EXPECT_TRUE(driver.Last<AnswerSubmit>().status.ok());
}

TEST(EveryAgent, LeavesTheTurnToOthersBetween) {
  FleetSettings settings;
  settings.max_leases_per_turn = 2;
  FleetDriver driver(settings);
  for (int i = 0; i < 5; ++i) driver.Connect("eu-" + std::to_string(i), "eu-west-1");
  driver.HoldCommits();
  driver.Submit(Everywhere({"eu-west-1"}));
  EXPECT_EQ(driver.fleet().NextWakeup(), SteadyTime{}) << "the rest is due at once";
  driver.CommitOne();
  EXPECT_EQ(driver.Count<SendAssignment>(), 2u);
  driver.Pass(absl::ZeroDuration());
  while (driver.held_commits() > 0) driver.CommitOne();
  EXPECT_EQ(driver.Count<SendAssignment>(), 5u);
  EXPECT_GT(driver.fleet().NextWakeup(), SteadyTime{});
}

TEST(Placing, OffersAnAgentThatGainsRoomWhatWaits) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.Submit(TwoCases());
  const SendAssignment first = driver.Last<SendAssignment>();
  const JobId second = driver.Submit(From({"eu-*"}));
  const JobId elsewhere = driver.Submit(From({"us-*"}));
  EXPECT_THAT(Agents(driver, second), ElementsAre(""));
  driver.RunAll(stream, first);
  EXPECT_THAT(Agents(driver, second), ElementsAre("eu-1"));
  EXPECT_THAT(Agents(driver, elsewhere), ElementsAre(""));
}

}  // namespace
}  // namespace wsfleet::fleet
