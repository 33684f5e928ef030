#include <string>

#include "coordinator/fleet/fleet.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// What an operator wants of agents.
namespace wsfleet::fleet {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void SetDrainedTo(FleetDriver& driver, const std::string& agent, bool drained) {
  driver.Apply(SetDrained{RequestId(900), {AgentId(agent)}, {}, drained});
  ASSERT_TRUE(driver.Last<AnswerWish>().status.ok()) << driver.Last<AnswerWish>().status;
}

JobSpec Anywhere() {
  JobSpec anywhere = TwoCases();
  anywhere.from.clear();
  return anywhere;
}

AgentView::State StateOf(const FleetDriver& driver) { return driver.Agents().front().state; }

TEST(Drain, TellsTheAgentAtOnceAndWithEachReplyAndGivesItNothing) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  SetDrainedTo(driver, "eu-1", true);
  EXPECT_EQ(driver.Last<SendDrain>().stream, stream);
  EXPECT_TRUE(driver.Last<SendDrain>().drain);
  for (int i = 0; i < 2; ++i) {
    driver.Heartbeat(stream, {});
    EXPECT_TRUE(driver.Last<SendHeartbeatReply>().drain);
  }
  driver.Submit(TwoCases());
  EXPECT_EQ(driver.Count<SendAssignment>(), 0u);
  EXPECT_EQ(StateOf(driver), AgentView::State::kDrained);
}

TEST(Drain, IsAnsweredAndSentWhenItIsDurable) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.HoldCommits();
  driver.Apply(SetDrained{RequestId(900), {AgentId("eu-1")}, {}, true});
  EXPECT_EQ(driver.Count<SendDrain>() + driver.Count<AnswerWish>(), 0u);
  driver.CommitOne();
  EXPECT_EQ(driver.Count<SendDrain>(), 1u);
  EXPECT_EQ(driver.Count<AnswerWish>(), 1u);
}

TEST(Drain, LetsAnAgentFinishWhatItRuns) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  const auto assignment = driver.Last<SendAssignment>();
  SetDrainedTo(driver, "eu-1", true);
  EXPECT_EQ(StateOf(driver), AgentView::State::kDraining);
  driver.RunAll(stream, assignment);
  EXPECT_EQ(driver.job(job).state, JobState::kPassed);
  EXPECT_EQ(StateOf(driver), AgentView::State::kDrained);
}

TEST(Drain, HasWhatIsGivenBackRunElsewhereWithoutAnAttempt) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  const JobId job = driver.Submit(TwoCases());
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.Connect("eu-2", "eu-west-1");
  SetDrainedTo(driver, "eu-1", true);
  driver.Finish(stream, lease, ShardEnd::kReleased);
  EXPECT_EQ(driver.shard(job).agent, AgentId("eu-2"));
  EXPECT_EQ(driver.shard(job).released, 1u);
}

TEST(Drain, HoldsOverReconnectsRestartsOfBothAndUntilItIsUndone) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  SetDrainedTo(driver, "eu-1", true);
  driver.Connect("eu-1", "eu-west-1", {}, "boot-2");
  driver.Restart();
  driver.ForgetEffects();
  const StreamId stream = driver.Connect("eu-1", "eu-west-1", {}, "boot-3");
  EXPECT_EQ(driver.Last<SendDrain>().stream, stream);
  driver.Submit(TwoCases());
  EXPECT_EQ(driver.Count<SendAssignment>(), 0u);
  SetDrainedTo(driver, "eu-1", false);
  EXPECT_FALSE(driver.Last<SendDrain>().drain);
  EXPECT_EQ(driver.Count<SendAssignment>(), 1u);
  driver.Heartbeat(stream, {});
  EXPECT_FALSE(driver.Last<SendHeartbeatReply>().drain);
}

TEST(Drain, IsRememberedOfAnAgentThatIsGoneForAWeek) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  SetDrainedTo(driver, "eu-1", true);
  driver.Apply(DrainRequested{stream});  // its host is shut down in good order
  driver.Disconnect(stream);
  driver.Pass(absl::Hours(24 * 6));
  EXPECT_TRUE(driver.Agents().front().agent.drained);
  driver.Pass(absl::Hours(25));
  EXPECT_TRUE(driver.Agents().empty());
}

TEST(Drain, UndoneOfAnAgentThatIsGoneForgetsItAsOthers) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Disconnect(driver.Connect("eu-1", "eu-west-1"));
  SetDrainedTo(driver, "eu-1", true);
  SetDrainedTo(driver, "eu-1", false);
  driver.Pass(absl::Minutes(61));
  EXPECT_TRUE(driver.Agents().empty());
}

TEST(Drain, OfARegionIsOfEveryAgentInIt) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  driver.Disconnect(driver.Connect("eu-2", "eu-west-1"));
  driver.Apply(SetDrained{RequestId(900), {}, RegionName("eu-west-1"), true});
  std::vector<bool> drained;
  for (const AgentView& view : driver.Agents()) drained.push_back(view.agent.drained);
  EXPECT_THAT(drained, ElementsAre(true, true, false));
  // Runs everywhere are runs in what is left.
  const JobId job = driver.Submit(Anywhere());
  ASSERT_EQ(driver.store().ShardsOf(job).size(), 1u);
  EXPECT_EQ(driver.shard(job).agent, AgentId("us-1"));
}

TEST(Drain, OfAWholeRegionIsSaidInEachRunThatLeavesItOut) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("eu-2", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  SetDrainedTo(driver, "eu-1", true);
  // As long as one of its agents works the region is there.
  EXPECT_THAT(driver.Notes(driver.Submit(Anywhere())), IsEmpty());
  SetDrainedTo(driver, "eu-2", true);
  const JobId job = driver.Submit(Anywhere());
  const std::string left_out = "eu-west-1 is left out: eu-1, eu-2 are drained";
  EXPECT_THAT(driver.Notes(job), ElementsAre(left_out));
  EXPECT_THAT(driver.job(job).reasons, ElementsAre(left_out));
}

TEST(Drain, StandsInTheReasonsOfAPassToo) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  const StreamId stream = driver.Connect("us-1", "us-east-1");
  SetDrainedTo(driver, "eu-1", true);
  const JobId job = driver.Submit(Anywhere());
  driver.RunAll(stream, driver.Last<SendAssignment>());
  EXPECT_EQ(driver.job(job).state, JobState::kPassed);
  EXPECT_THAT(driver.job(job).reasons, ElementsAre("eu-west-1 is left out: eu-1 is drained"));
}

TEST(Drain, StandsBehindWhyARunDidNotPass) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("us-1", "us-east-1");
  SetDrainedTo(driver, "eu-1", true);
  const JobId job = driver.Submit(Anywhere());
  driver.Apply(CancelRequested{RequestId(901), job, "enough"});
  driver.Pass(absl::Minutes(5));
  EXPECT_THAT(driver.job(job).reasons, AllOf(Contains(HasSubstr("enough")), Contains(HasSubstr("left out"))));
  EXPECT_EQ(driver.job(job).reasons.back(), "eu-west-1 is left out: eu-1 is drained");
}

TEST(Drain, OfManyRegionsIsSaidInAFewLines) {
  FleetDriver driver;
  driver.Connect("us-1", "us-east-1");
  for (int i = 10; i < 25; ++i) {
    const std::string number = std::to_string(i);
    driver.Connect("a-" + number, "r-" + number);
    SetDrainedTo(driver, "a-" + number, true);
  }
  const JobId job = driver.Submit(Anywhere());
  ASSERT_EQ(driver.job(job).reasons.size(), 11u);
  EXPECT_EQ(driver.job(job).reasons.back(), "5 more regions are left out: their agents are drained");
}

TEST(Drain, OfSomebodyUnknownChangesNothing) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Apply(SetDrained{RequestId(900), {AgentId("eu-1"), AgentId("eu-9")}, {}, true});
  EXPECT_TRUE(absl::IsNotFound(driver.Last<AnswerWish>().status));
  EXPECT_THAT(std::string(ToStd(driver.Last<AnswerWish>().status.message())), HasSubstr("no agent \"eu-9\""));
  EXPECT_FALSE(driver.Agents().front().agent.drained);
  driver.Apply(SetDrained{RequestId(901), {}, RegionName("eu-9"), true});
  EXPECT_TRUE(absl::IsNotFound(driver.Last<AnswerWish>().status));
}

TEST(Drain, IsNamedWhereAShardFoundNobody) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  SetDrainedTo(driver, "eu-1", true);
  const JobId job = driver.Submit(TwoCases());
  driver.Pass(absl::Seconds(31));
  EXPECT_EQ(driver.shard(job).reason, "no agent in eu-west-1 within 30s (eu-1 is drained)");
}

}  // namespace
}  // namespace wsfleet::fleet
