#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

// What the machine does while commits take their time: heartbeats are answered, and no lease pays for it.
namespace wsfleet::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct WorkingSlowly {
  FleetDriver driver;
  StreamId stream = driver.Connect("eu-1", "eu-west-1");
  JobId job = driver.Submit(TwoCases());
  LeaseRecord lease = driver.Last<SendAssignment>().lease;
};

TEST(SlowStore, HoldsNoHeartbeatUpThatOnlyRenews) {
  WorkingSlowly at;
  at.driver.HoldCommits();
  at.driver.Submit(TwoCases());
  for (int i = 0; i < 5; ++i) {
    at.driver.Pass(absl::Seconds(60));
    at.driver.Heartbeat(at.stream, {at.lease.id});
  }
  EXPECT_EQ(at.driver.Count<SendHeartbeatReply>(), 5u);
  EXPECT_GT(at.driver.held_commits(), 0u);
  EXPECT_EQ(at.driver.shard(at.job).attempt, 1u);
}

TEST(SlowStore, TellsNobodyThatALeaseHasEndedBeforeThatIsDurable) {
  WorkingSlowly at;
  at.driver.HoldCommits();
  at.driver.Pass(absl::Seconds(90));
  for (int i = 0; i < 5; ++i) at.driver.Heartbeat(at.stream, {at.lease.id});
  EXPECT_EQ(at.driver.Count<SendHeartbeatReply>(), 0u);
  while (at.driver.held_commits() > 0) at.driver.CommitOne();
  ASSERT_EQ(at.driver.Count<SendHeartbeatReply>(), 1u) << "one reply waits for each agent";
  EXPECT_THAT(at.driver.Last<SendHeartbeatReply>().lost, ElementsAre(at.lease.id));
  at.driver.Heartbeat(at.stream, {});
  EXPECT_EQ(at.driver.Count<SendHeartbeatReply>(), 2u);
}

TEST(SlowStore, TellsNobodyToStopBeforeTheWishIsDurable) {
  WorkingSlowly at;
  at.driver.HoldCommits();
  at.driver.Cancel(at.job);
  at.driver.Heartbeat(at.stream, {at.lease.id});
  EXPECT_EQ(at.driver.Count<SendHeartbeatReply>() + at.driver.Count<SendCancel>(), 0u);
  while (at.driver.held_commits() > 0) at.driver.CommitOne();
  EXPECT_THAT(at.driver.Last<SendHeartbeatReply>().cancel, ElementsAre(at.lease.id));
}

// Its agent has two shards, of which one is about to end, and knows of replies that leave leases open.
struct EndingSlowly {
  FleetDriver driver;
  StreamId stream;
  LeaseId ending, other;
  JobId ending_job;

  EndingSlowly() {
    AgentConnected event;
    event.agent.id = AgentId("eu-1");
    event.agent.region = RegionName("eu-west-1");
    event.max_shards = 2;
    event.takes_not_renewed = true;
    stream = driver.ConnectWith(event);
    ending_job = driver.Submit(TwoCases());
    ending = driver.Last<SendAssignment>().lease.id;
    driver.Submit(TwoCases());
    other = driver.Last<SendAssignment>().lease.id;
    driver.HoldCommits();
  }
  void CommitAll() {
    while (driver.held_commits() > 0) driver.CommitOne();
  }
};

TEST(SlowStore, RenewsAtOnceWhatIsNotAboutToEnd) {
  EndingSlowly at;
  at.driver.Cancel(at.ending_job);
  for (int i = 0; i < 5; ++i) {
    at.driver.Pass(absl::Seconds(30));
    at.driver.Heartbeat(at.stream, {at.ending, at.other});
    ASSERT_EQ(at.driver.Count<SendHeartbeatReply>(), static_cast<std::size_t>(i) + 1);
    const auto reply = at.driver.Last<SendHeartbeatReply>();
    EXPECT_THAT(reply.not_renewed, ElementsAre(at.ending));
    EXPECT_THAT(reply.cancel, IsEmpty()) << "the wish is not durable";
    EXPECT_THAT(reply.lost, IsEmpty()) << "nor is its end";
  }
  EXPECT_EQ(at.driver.Count<SendCancel>(), 0u);
  at.CommitAll();
  ASSERT_EQ(at.driver.Count<SendHeartbeatReply>(), 6u) << "one waits";
  EXPECT_THAT(at.driver.Last<SendHeartbeatReply>().cancel, ElementsAre(at.ending));
  at.driver.Heartbeat(at.stream, {at.ending, at.other});
  at.CommitAll();
  EXPECT_THAT(at.driver.Last<SendHeartbeatReply>().lost, ElementsAre(at.ending)) << "it ran out meanwhile";
  EXPECT_TRUE(at.driver.store().leases().contains(at.other));
}

TEST(SlowStore, TakesNoTimeFromALeaseThatWasNotSentYet) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.HoldCommits();
  const JobId job = driver.Submit(TwoCases());
  driver.Pass(absl::Minutes(5));
  EXPECT_EQ(driver.Count<SendAssignment>(), 0u);
  while (driver.held_commits() > 0) driver.CommitOne();
  ASSERT_EQ(driver.Count<SendAssignment>(), 1u);
  const LeaseId lease = driver.Last<SendAssignment>().lease.id;
  driver.Pass(absl::Seconds(89));
  driver.Heartbeat(stream, {lease});
  EXPECT_THAT(driver.Last<SendHeartbeatReply>().lost, IsEmpty());
  while (driver.held_commits() > 0) driver.CommitOne();
  EXPECT_EQ(driver.shard(job).attempt, 1u);
}

TEST(SlowStore, EndsNoLeaseOfAStreamThatIsNotRead) {
  WorkingSlowly at;
  at.driver.Apply(ReadingPaused{at.stream});
  at.driver.Pass(absl::Minutes(10));
  EXPECT_TRUE(at.driver.store().leases().contains(at.lease.id));
  at.driver.Apply(ReadingResumed{at.stream});
  at.driver.Pass(absl::Seconds(89));
  EXPECT_TRUE(at.driver.store().leases().contains(at.lease.id)) << "what it sent meanwhile is yet to be read";
  at.driver.Pass(absl::Seconds(1));
  EXPECT_FALSE(at.driver.store().leases().contains(at.lease.id));
}

TEST(SlowStore, StillEndsTheLeaseOfAnAgentThatLeftWhileItWasNotRead) {
  WorkingSlowly at;
  at.driver.Apply(ReadingPaused{at.stream});
  at.driver.Disconnect(at.stream);
  at.driver.Pass(absl::Minutes(5));
  EXPECT_FALSE(at.driver.store().leases().contains(at.lease.id));
}

}  // namespace
}  // namespace wsfleet::fleet
