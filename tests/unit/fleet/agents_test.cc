#include <string>

#include "coordinator/fleet/fleet.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

namespace wsfleet::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// One agent that works on a job.
struct Working {
  FleetDriver driver;
  StreamId stream = driver.Connect("eu-1", "eu-west-1");
  JobId job = driver.Submit(TwoCases());
  LeaseRecord lease = driver.Last<SendAssignment>().lease;

  HeldLease held() const { return {lease.id, lease.shard}; }
};

TEST(Agents, FenceTheOlderStreamOfAnAgentAndGiveAHigherEpoch) {
  FleetDriver driver;
  const StreamId older = driver.Connect("eu-1", "eu-west-1", {}, "boot-1");
  const SessionEpoch first = driver.Last<SendWelcome>().epoch;
  const StreamId newer = driver.Connect("eu-1", "eu-west-1", {}, "boot-2");
  EXPECT_EQ(driver.Last<CloseStream>().stream, older);
  EXPECT_THAT(driver.Last<CloseStream>().reason, HasSubstr("boot-2"));
  EXPECT_EQ(driver.Last<SendWelcome>().stream, newer);
  EXPECT_GT(driver.Last<SendWelcome>().epoch, first);
}

TEST(Agents, IgnoreWhatComesOnAFencedStream) {
  Working at;
  at.driver.Connect("eu-1", "eu-west-1", {at.held()});
  at.driver.ForgetEffects();
  at.driver.Report(at.stream, at.lease, 1, {Result("suite/a")});
  at.driver.Heartbeat(at.stream, {at.lease.id});
  at.driver.Finish(at.stream, at.lease);
  at.driver.Disconnect(at.stream);
  EXPECT_EQ(at.driver.Count<SendResultAck>() + at.driver.Count<SendHeartbeatReply>(), 0u);
  EXPECT_EQ(at.driver.shard(at.job).finished_cases, 0u);
  EXPECT_EQ(at.driver.Agents().front().state, AgentView::State::kConnected);
}

TEST(Agents, AreCountedByRegionAndStateWithWhatWaitsForThem) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Connect("eu-2", "eu-west-1");
  driver.Disconnect(driver.Connect("us-1", "us-east-1"));
  JobSpec spec = TwoCases();
  spec.from = {"us-east-1", "eu-west-1"};
  driver.Submit(spec);
  const Census census = driver.fleet().Count();
  using State = AgentView::State;
  const std::map<std::pair<RegionName, State>, std::size_t> expected{{{RegionName("eu-west-1"), State::kConnected}, 2},
                                                                     {{RegionName("us-east-1"), State::kLost}, 1}};
  EXPECT_EQ(census.agents, expected);
  EXPECT_EQ(census.waiting, 1u);
  driver.Connect("us-1", "us-east-1");
  EXPECT_EQ(driver.fleet().Count().waiting, 0u);
}

TEST(Agents, KeepTheEpochRisingAfterARestart) {
  FleetDriver driver;
  driver.Connect("eu-1", "eu-west-1");
  driver.Restart();
  driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(driver.Last<SendWelcome>().epoch, SessionEpoch(2));
}

TEST(Agents, ConfirmALeaseByTheirHeartbeat) {
  Working at;
  EXPECT_EQ(at.driver.shard(at.job).state, ShardState::kLeased);
  at.driver.Heartbeat(at.stream, {at.lease.id});
  EXPECT_EQ(at.driver.shard(at.job).state, ShardState::kRunning);
}

TEST(Agents, KeepALeaseAsLongAsTheyRenewIt) {
  Working at;
  for (int i = 0; i < 4; ++i) {
    at.driver.Pass(absl::Seconds(60));
    at.driver.Heartbeat(at.stream, {at.lease.id});
    EXPECT_THAT(at.driver.Last<SendHeartbeatReply>().lost, IsEmpty());
  }
  EXPECT_EQ(at.driver.shard(at.job).attempt, 1u);
}

TEST(Agents, LoseALeaseThatIsNotRenewed) {
  Working at;
  at.driver.Pass(absl::Seconds(90));
  at.driver.Heartbeat(at.stream, {at.lease.id});
  EXPECT_THAT(at.driver.Last<SendHeartbeatReply>().lost, ElementsAre(at.lease.id));
}

TEST(Agents, AreReplacedWhenTheyAreLost) {
  Working at;
  at.driver.Connect("eu-2", "eu-west-1");
  at.driver.Heartbeat(at.stream, {at.lease.id});
  at.driver.Disconnect(at.stream);
  at.driver.Pass(absl::Seconds(89));
  EXPECT_EQ(at.driver.shard(at.job).agent, AgentId("eu-1"));
  at.driver.Pass(absl::Seconds(1));
  const ShardRecord shard = at.driver.shard(at.job);
  EXPECT_EQ(shard.agent, AgentId("eu-2"));
  EXPECT_EQ(shard.attempt, 2u);
  EXPECT_THAT(at.driver.Notes(at.job),
              ElementsAre("eu-west-1: agent eu-1 was lost; attempt 1 of 3", "eu-west-1: attempt 2 on eu-2"));
}

TEST(Agents, KeepTheirLeasesWhenTheSameProcessComesBack) {
  Working at;
  at.driver.Disconnect(at.stream);
  at.driver.Pass(absl::Seconds(60));
  at.driver.Connect("eu-1", "eu-west-1", {at.held()});
  EXPECT_THAT(at.driver.Last<SendWelcome>().current_leases, ElementsAre(at.lease.id));
  // The hello renewed it.
  at.driver.Pass(absl::Seconds(60));
  EXPECT_EQ(at.driver.shard(at.job).attempt, 1u);
}

TEST(Agents, LoseTheirLeasesAtOnceWhenTheirProcessWasRestarted) {
  Working at;
  at.driver.Connect("eu-1", "eu-west-1", {}, "boot-2");
  EXPECT_THAT(at.driver.Last<SendWelcome>().current_leases, IsEmpty());
  const auto again = at.driver.Last<SendAssignment>();
  EXPECT_NE(again.lease.id, at.lease.id);
  EXPECT_EQ(again.lease.attempt, 2u);
  EXPECT_THAT(at.driver.Notes(at.job).front(), HasSubstr("agent eu-1 was restarted; attempt 1 of 3"));
}

TEST(Agents, KeepALeaseThatWasInterruptedUntilWhatWasSpooledIsDelivered) {
  Working at;
  HeldLease held = at.held();
  held.interrupted = true;
  const StreamId again = at.driver.Connect("eu-1", "eu-west-1", {held}, "boot-2");
  EXPECT_THAT(at.driver.Last<SendWelcome>().current_leases, ElementsAre(at.lease.id));
  EXPECT_EQ(at.driver.Count<SendAssignment>(), 1u);
  at.driver.Report(again, at.lease, 1, {Result("suite/a")});
  at.driver.Finish(again, at.lease, ShardEnd::kInterrupted);
  const auto rest = at.driver.Last<SendAssignment>();
  EXPECT_EQ(rest.lease.attempt, 2u);
  EXPECT_THAT(rest.finished_cases, ElementsAre(CaseId("suite/a")));
  EXPECT_THAT(at.driver.Notes(at.job).front(), HasSubstr("agent eu-1 was restarted; attempt 1 of 3"));
}

TEST(Agents, ThatStoppedAShardWhenNoCoordinatorAnsweredKeepWhatTheyHadFinished) {
  Working at;
  const StreamId again = at.driver.Connect("eu-1", "eu-west-1", {at.held()});
  at.driver.Report(again, at.lease, 1, {Result("suite/a")});
  at.driver.Finish(again, at.lease, ShardEnd::kExpired);
  const auto rest = at.driver.Last<SendAssignment>();
  EXPECT_EQ(rest.lease.attempt, 2u);
  EXPECT_THAT(rest.finished_cases, ElementsAre(CaseId("suite/a")));
  EXPECT_THAT(
      at.driver.Notes(at.job).front(),
      HasSubstr("agent eu-1 stopped it at the end of its lease, which no coordinator had renewed; attempt 1 of 3"));
}

TEST(Agents, DoNotKeepAnInterruptedLeaseOfAnother) {
  Working at;
  HeldLease held = at.held();
  held.interrupted = true;
  at.driver.Connect("eu-2", "eu-west-1", {held});
  EXPECT_THAT(at.driver.Last<SendWelcome>().current_leases, IsEmpty());
  EXPECT_EQ(at.driver.shard(at.job).agent, AgentId("eu-1"));
}

TEST(Agents, AreGivenAnAssignmentAgainThatNeverArrived) {
  Working at;
  at.driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(at.driver.Last<SendAssignment>().lease.attempt, 2u);
  EXPECT_EQ(at.driver.shard(at.job).released, 1u);
}

TEST(Agents, PayAnAttemptForALeaseThatTheyGaveUp) {
  Working at;
  at.driver.Heartbeat(at.stream, {at.lease.id});
  at.driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(at.driver.shard(at.job).attempt, 2u);
  EXPECT_EQ(at.driver.shard(at.job).released, 0u);
}

TEST(Agents, AreToldToStopWithEachHeartbeatUntilTheEndIsReported) {
  Working at;
  at.driver.Cancel(at.job, "enough");
  EXPECT_EQ(at.driver.Last<SendCancel>().lease, at.lease.id);
  EXPECT_EQ(at.driver.Last<SendCancel>().reason, "cancelled: enough");
  for (int i = 0; i < 2; ++i) {
    at.driver.Heartbeat(at.stream, {at.lease.id});
    EXPECT_THAT(at.driver.Last<SendHeartbeatReply>().cancel, ElementsAre(at.lease.id));
  }
  at.driver.Finish(at.stream, at.lease, ShardEnd::kCancelled);
  at.driver.Heartbeat(at.stream, {});
  EXPECT_THAT(at.driver.Last<SendHeartbeatReply>().cancel, IsEmpty());
}

TEST(Agents, AreToldToStopWhenTheyComeBack) {
  Working at;
  at.driver.Disconnect(at.stream);
  at.driver.Cancel(at.job);
  EXPECT_EQ(at.driver.Count<SendCancel>(), 0u);
  const StreamId stream = at.driver.Connect("eu-1", "eu-west-1", {at.held()});
  EXPECT_EQ(at.driver.Last<SendCancel>().stream, stream);
}

TEST(Agents, ThatDrainTakeNothingNewUntilTheyAreRestarted) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.Apply(DrainRequested{stream});
  EXPECT_EQ(driver.Agents().front().state, AgentView::State::kDraining);
  driver.Submit(TwoCases());
  EXPECT_EQ(driver.Count<SendAssignment>(), 0u);
  driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(driver.Count<SendAssignment>(), 0u);
  driver.Connect("eu-1", "eu-west-1", {}, "boot-2");
  EXPECT_EQ(driver.Count<SendAssignment>(), 1u);
}

TEST(Agents, ThatGaveAShardBackForWantOfRoomGetOthers) {
  Working at;
  at.driver.Finish(at.stream, at.lease, ShardEnd::kReleased);
  EXPECT_EQ(at.driver.Agents().front().state, AgentView::State::kConnected);
  EXPECT_EQ(at.driver.Last<SendAssignment>().lease.attempt, 2u);
  EXPECT_EQ(at.driver.shard(at.job).released, 1u);
}

TEST(Agents, ThatDrainedAndComeBackAtTheSameMomentBeginAnew) {
  FleetDriver driver;
  driver.Disconnect(driver.Connect("eu-1", "eu-west-1"));
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  driver.Apply(DrainRequested{stream});
  driver.Disconnect(stream);
  // Is forgotten and written anew in one batch.
  driver.Connect("eu-1", "eu-west-1");
  ASSERT_EQ(driver.store().agents().size(), 1u);
  EXPECT_EQ(driver.store().agents().begin()->second.epoch, driver.Last<SendWelcome>().epoch);
}

TEST(Agents, StayListedForAnHourAfterTheyWereLost) {
  FleetDriver driver;
  driver.Disconnect(driver.Connect("eu-1", "eu-west-1"));
  driver.Pass(absl::Minutes(59));
  ASSERT_EQ(driver.Agents().size(), 1u);
  EXPECT_EQ(driver.Agents().front().state, AgentView::State::kLost);
  driver.Pass(absl::Minutes(2));
  EXPECT_THAT(driver.Agents(), IsEmpty());
  EXPECT_EQ(driver.store().FindAgent(AgentId("eu-1")), nullptr);
}

// Fault 19: two hosts of one name, each started again whenever the other one fences it.
struct Rivals {
  static FleetSettings Patient() {
    FleetSettings settings;
    settings.max_attempts = 100;
    return settings;
  }
  FleetDriver driver{Patient()};
  int boots = 0;
  StreamId TakeOver() { return driver.Connect("eu-1", "eu-west-1", {}, "boot-" + std::to_string(++boots)); }
  void TakeOverUntilQuarantined() {
    for (int i = 0; i < 5; ++i) TakeOver();
  }
};

TEST(Agents, Fault19ThatTakeANameFromEachOtherAreBothQuarantinedAndTheOthersAreNamed) {
  Rivals rivals;
  StreamId last;
  for (int i = 0; i < 4; ++i) last = rivals.TakeOver();
  EXPECT_EQ(rivals.driver.Count<SendWelcome>(), 4u);
  rivals.driver.ForgetEffects();
  const StreamId rival = rivals.TakeOver();
  const std::vector<CloseStream> closed = rivals.driver.All<CloseStream>();
  ASSERT_EQ(closed.size(), 2u);
  EXPECT_EQ(closed[0].stream, last);
  EXPECT_EQ(closed[1].stream, rival);
  for (const CloseStream& close : closed) {
    EXPECT_TRUE(close.may_return);
    EXPECT_THAT(close.reason, HasSubstr("boot-4"));
    EXPECT_THAT(close.reason, HasSubstr("boot-5"));
    EXPECT_THAT(close.reason, HasSubstr("let in again in 1m"));
  }
  EXPECT_EQ(rivals.driver.Count<SendWelcome>(), 0u);
  EXPECT_EQ(rivals.driver.Agents().front().state, AgentView::State::kQuarantined);
}

TEST(Agents, Fault19InQuarantineAreRefusedAndLetInWhenItIsOver) {
  Rivals rivals;
  rivals.TakeOverUntilQuarantined();
  rivals.driver.ForgetEffects();
  rivals.driver.Pass(absl::Seconds(40));
  const StreamId early = rivals.TakeOver();
  EXPECT_EQ(rivals.driver.Last<CloseStream>().stream, early);
  EXPECT_THAT(rivals.driver.Last<CloseStream>().reason, HasSubstr("let in again in 20s"));
  EXPECT_EQ(rivals.driver.Count<SendWelcome>(), 0u);
  rivals.driver.Pass(absl::Seconds(21));
  EXPECT_EQ(rivals.driver.Agents().front().state, AgentView::State::kLost);
  rivals.TakeOver();
  EXPECT_EQ(rivals.driver.Count<SendWelcome>(), 1u);
  EXPECT_EQ(rivals.driver.Agents().front().state, AgentView::State::kConnected);
}

TEST(Agents, Fault19InQuarantineLoseTheirShardsToOthers) {
  Rivals rivals;
  rivals.TakeOver();
  const JobId job = rivals.driver.Submit(TwoCases());
  rivals.TakeOverUntilQuarantined();
  rivals.driver.Connect("eu-2", "eu-west-1");
  rivals.driver.Pass(absl::Seconds(91));
  const auto assignment = rivals.driver.Last<SendAssignment>();
  EXPECT_EQ(assignment.lease.agent, AgentId("eu-2"));
  EXPECT_EQ(assignment.lease.shard.job, job);
}

TEST(Agents, ThatStartAgainAndAgainAreNoRivals) {
  FleetDriver driver;
  for (int i = 0; i < 20; ++i) driver.Disconnect(driver.Connect("eu-1", "eu-west-1", {}, "boot-" + std::to_string(i)));
  EXPECT_EQ(driver.Count<SendWelcome>(), 20u);
}

TEST(Agents, ThatTakeOverNowAndThenAreNoRivals) {
  Rivals rivals;
  for (int i = 0; i < 10; ++i) {
    rivals.TakeOver();
    rivals.driver.Pass(absl::Seconds(21));
  }
  EXPECT_EQ(rivals.driver.Count<SendWelcome>(), 10u);
}

TEST(Agents, WhoseStreamsBreakAreNoRivalsOfThemselves) {
  FleetDriver driver;
  for (int i = 0; i < 10; ++i) driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(driver.Count<SendWelcome>(), 10u);
}

TEST(Agents, BeyondTheLimitAreRefused) {
  FleetSettings settings;
  settings.max_agents = 1;
  FleetDriver driver(settings);
  driver.Connect("eu-1", "eu-west-1");
  const StreamId refused = driver.Connect("eu-2", "eu-west-1");
  EXPECT_EQ(driver.Last<CloseStream>().stream, refused);
  EXPECT_EQ(driver.Count<SendWelcome>(), 1u);
  driver.Connect("eu-1", "eu-west-1");
  EXPECT_EQ(driver.Count<SendWelcome>(), 2u);
}

}  // namespace
}  // namespace wsfleet::fleet
