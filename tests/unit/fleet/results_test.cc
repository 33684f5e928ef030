#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/job.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/fleet/fleet_driver.h"

namespace wsfleet::fleet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two agents of one region; the first works on a job.
struct WorkingOnResults {
  FleetDriver driver;
  StreamId first = driver.Connect("eu-1", "eu-west-1");
  StreamId second = driver.Connect("eu-2", "eu-west-1");
  JobId job = driver.Submit(TwoCases());
  LeaseRecord lease = driver.Last<SendAssignment>().lease;

  // The first is lost; the second is given the shard.
  LeaseRecord LoseFirst() {
    driver.Disconnect(first);
    driver.Pass(absl::Seconds(90));
    EXPECT_EQ(driver.Last<SendAssignment>().stream, second);
    return driver.Last<SendAssignment>().lease;
  }
  Disposition last() const { return driver.Last<SendResultAck>().disposition; }
};

TEST(Results, AreCountedOnceHoweverOftenTheyAreSent) {
  WorkingOnResults at;
  for (int i = 0; i < 3; ++i) at.driver.Report(at.first, at.lease, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kDuplicate);
  EXPECT_EQ(at.driver.shard(at.job).finished_cases, 1u);
}

TEST(Results, AreOfTheSuiteAndScenarioThatTheirCasesAreOfInThePlan) {
  JobRecord record;
  record.spec.suites = {"suite", "suite/deep", "other"};
  record.spec.cases = {CaseId("suite/a"), CaseId("suite/deep/b"), CaseId("suite/deep/c")};
  Job job(record, 1, {});
  Shard shard;
  std::vector<CaseResult> reported = {Result("suite/a"), Result("suite/deep/b"), Result("suite/deep/c")};
  reported[0].suite = "other";
  reported[0].scenario = "made up";
  reported[2].suite = "suite";  // a scenario may be called "deep/c"
  const Job::Taken taken = job.Take(shard, AgentId("eu-1"), 1, reported);
  std::vector<std::string> names;
  for (const CaseResult& result : taken.counted) names.push_back(result.suite + " > " + result.scenario);
  EXPECT_THAT(names, ElementsAre("suite > a", "suite/deep > b", "suite > deep/c"));
}

TEST(Results, AreDuplicatesAfterARestartToo) {
  WorkingOnResults at;
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a")});
  at.driver.Restart();
  const StreamId again = at.driver.Connect("eu-1", "eu-west-1", {{at.lease.id, at.lease.shard}});
  at.driver.Report(again, at.lease, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kDuplicate);
}

TEST(Results, OfAnEndedLeaseCountIfTheyComeFirst) {
  WorkingOnResults at;
  const LeaseRecord second = at.LoseFirst();
  const StreamId back = at.driver.Connect("eu-1", "eu-west-1");
  at.driver.Report(back, at.lease, 1, {Result("suite/a", Outcome::kFailed)});
  EXPECT_EQ(at.last(), Disposition::kCounted);
  at.driver.Report(at.second, second, 1, {Result("suite/a"), Result("suite/b")});
  EXPECT_EQ(at.last(), Disposition::kCounted);
  EXPECT_EQ(at.driver.shard(at.job).failed_cases, 1u);
  at.driver.Finish(at.second, second);
  EXPECT_EQ(at.driver.job(at.job).verdict, JobVerdict::kFailed);
}

TEST(Results, OfAnEndedLeaseAreFencedIfNothingIsNew) {
  WorkingOnResults at;
  const LeaseRecord second = at.LoseFirst();
  at.driver.Report(at.second, second, 1, {Result("suite/a")});
  const StreamId back = at.driver.Connect("eu-1", "eu-west-1");
  at.driver.Report(back, at.lease, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kFenced);
}

// Fault 42.
TEST(Results, ForAnothersLeaseAreForbiddenAndEndTheSession) {
  WorkingOnResults at;
  at.driver.Report(at.second, at.lease, 1, {Result("suite/a")});
  const CloseStream close = at.driver.Last<CloseStream>();
  EXPECT_EQ(close.stream, at.second);
  EXPECT_TRUE(close.is_forbidden);
  EXPECT_THAT(close.reason, HasSubstr("another agent's"));
  EXPECT_EQ(at.driver.Count<SendResultAck>(), 0u);
  EXPECT_EQ(at.driver.shard(at.job).finished_cases, 0u);
  // Whose it is goes on.
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a"), Result("suite/b")});
  EXPECT_EQ(at.last(), Disposition::kCounted);
}

// A store that was restored, or made anew, gives numbers of leases again; ids of jobs are random.
TEST(Results, OfALeaseWhoseNumberWasGivenAgainAreNotTakenAndEndNoSession) {
  WorkingOnResults at;
  const JobId known = at.driver.Submit(TwoCases());
  const LeaseRecord own = at.driver.Last<SendAssignment>().lease;
  ASSERT_EQ(own.agent, AgentId("eu-2"));
  for (const JobId& job : {JobId("r-BEFORE"), known}) {
    const ShardId shard{job, ShardIndex(1)};
    at.driver.Apply(ResultsReceived{at.second, at.lease.id, shard, 1, BatchSeq(1), {Result("suite/a")}});
    EXPECT_EQ(at.last(), job == known ? Disposition::kFenced : Disposition::kLate);
    at.driver.Apply(ShardFinished{at.second, at.lease.id, shard, 1, ShardEnd::kInterrupted, 1});
    EXPECT_EQ(at.driver.Last<SendShardDoneAck>().stream, at.second);
  }
  EXPECT_EQ(at.driver.Count<CloseStream>(), 0u);
  // Everybody's work goes on.
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kCounted);
  at.driver.Report(at.second, own, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kCounted);
}

TEST(Results, AndNothingElseOfAnothersLeaseIsTaken) {
  for (const bool refuses : {false, true}) {
    WorkingOnResults at;
    if (refuses) {
      AssignmentRefused refusal;
      refusal.stream = at.second;
      refusal.lease = at.lease.id;
      at.driver.Apply(refusal);
    } else {
      at.driver.Finish(at.second, at.lease);
    }
    EXPECT_TRUE(at.driver.Last<CloseStream>().is_forbidden);
    EXPECT_EQ(at.driver.Count<SendShardDoneAck>(), 0u);
    EXPECT_EQ(at.driver.shard(at.job).agent, AgentId("eu-1"));
    at.driver.Report(at.first, at.lease, 1, {Result("suite/a")});
    EXPECT_EQ(at.last(), Disposition::kCounted);
  }
}

TEST(Results, OfAnEarlierAttemptCountForNobodyElseAndUnderNoOtherLease) {
  WorkingOnResults at;
  const LeaseRecord second = at.LoseFirst();
  const StreamId rogue = at.driver.Connect("eu-3", "eu-west-1");
  // The lease that the first had, then one that was made up, by somebody who never had any of the shard.
  for (const LeaseId lease : {at.lease.id, LeaseId(999)}) {
    at.driver.Apply(ResultsReceived{rogue, lease, at.lease.shard, at.lease.attempt, BatchSeq(1), {Result("suite/a")}});
    EXPECT_EQ(at.last(), Disposition::kFenced) << lease.value();
  }
  // By the second, of the attempt that was not its own, and the first, of that which is not.
  at.driver.Apply(
      ResultsReceived{at.second, LeaseId(999), at.lease.shard, at.lease.attempt, BatchSeq(1), {Result("suite/a")}});
  EXPECT_EQ(at.last(), Disposition::kFenced);
  const StreamId back = at.driver.Connect("eu-1", "eu-west-1");
  at.driver.Apply(ResultsReceived{back, at.lease.id, second.shard, second.attempt, BatchSeq(1), {Result("suite/a")}});
  EXPECT_EQ(at.last(), Disposition::kFenced);
  EXPECT_EQ(at.driver.shard(at.job).finished_cases, 0u);
}

TEST(Results, OfAnEarlierAttemptCountAfterARestartOfTheCoordinator) {
  WorkingOnResults at;
  at.LoseFirst();
  at.driver.Restart();
  const StreamId back = at.driver.Connect("eu-1", "eu-west-1");
  at.driver.Report(back, at.lease, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kCounted);
}

TEST(Results, OfLeasesThatAreLongOverAreNotTaken) {
  WorkingOnResults at;
  const LeaseRecord oldest = at.lease;
  // Given back again and again, each time to the other.
  for (std::size_t i = 0; i <= kMaxPastLeases; ++i) {
    const auto given = at.driver.Last<SendAssignment>();
    at.driver.Finish(given.stream, given.lease, ShardEnd::kReleased);
  }
  EXPECT_EQ(at.driver.shard(at.job).past_leases.size(), kMaxPastLeases);
  at.driver.Report(at.first, oldest, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kFenced);
}

TEST(Results, OfALeaseThatWasNeverGivenAreFenced) {
  WorkingOnResults at;
  LeaseRecord invented = at.lease;
  invented.id = LeaseId(77);
  invented.attempt = 2;
  at.driver.Report(at.first, invented, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kFenced);
  invented.shard.index = ShardIndex(5);
  at.driver.Report(at.first, invented, 1, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kFenced);
}

TEST(Results, OfTheCurrentAttemptAreTakenOfNobodyElseUnderALeaseThatIsMadeUp) {
  WorkingOnResults at;
  LeaseRecord invented = at.lease;
  invented.id = LeaseId(77);
  at.driver.Report(at.second, invented, 1, {Result("suite/a", Outcome::kFailed)});
  EXPECT_EQ(at.last(), Disposition::kFenced);
  EXPECT_EQ(at.driver.shard(at.job).finished_cases, 0u);
}

TEST(Results, AreLateWhenTheJobHasEnded) {
  WorkingOnResults at;
  at.driver.RunAll(at.first, at.driver.Last<SendAssignment>());
  at.driver.Report(at.first, at.lease, 2, {Result("suite/a")});
  EXPECT_EQ(at.last(), Disposition::kLate);
}

TEST(Results, OfCasesThatAreNotPlannedAreDroppedAndNoted) {
  WorkingOnResults at;
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a"), Result("suite/zzz")});
  EXPECT_EQ(at.last(), Disposition::kCounted);
  EXPECT_EQ(at.driver.shard(at.job).finished_cases, 1u);
  EXPECT_THAT(at.driver.Notes(at.job), Contains(HasSubstr("suite/zzz")));
}

TEST(Results, ThatAreNeverPlannedFillNoMemory) {
  WorkingOnResults at;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) at.driver.Report(at.first, at.lease, seq, {Result("suite/zzz")});
  EXPECT_LT(at.driver.fleet().Snapshot().batches.size(), 20u);
  EXPECT_LT(at.driver.Notes(at.job).size(), 20u);
}

TEST(Results, ThatAreCommittedAreNotRunAgain) {
  WorkingOnResults at;
  at.driver.Report(at.first, at.lease, 1, {Result("suite/b")});
  at.LoseFirst();
  EXPECT_THAT(at.driver.Last<SendAssignment>().finished_cases, ElementsAre(CaseId("suite/b")));
}

TEST(Results, EndAShardWhoseLeaseIsLostIfNothingIsMissing) {
  WorkingOnResults at;
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a"), Result("suite/b")});
  at.driver.Disconnect(at.first);
  at.driver.Pass(absl::Seconds(90));
  EXPECT_EQ(at.driver.job(at.job).state, JobState::kPassed);
  EXPECT_EQ(at.driver.Count<SendAssignment>(), 1u);
}

TEST(Results, EndAShardThatWaitsForAnotherAgent) {
  FleetDriver driver;
  StreamId stream = driver.Connect("eu-1", "eu-west-1");
  JobSpec spec = TwoCases();
  spec.agents_wait = absl::Minutes(5);
  const JobId job = driver.Submit(spec);
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.Disconnect(stream);
  driver.Pass(absl::Seconds(90));
  EXPECT_EQ(driver.shard(job).state, ShardState::kPending);
  AgentConnected full;
  full.agent.id = AgentId("eu-1");
  full.agent.region = RegionName("eu-west-1");
  full.agent.boot = BootId("boot-1");
  full.max_shards = 0;  // comes back, and takes nothing new
  stream = driver.ConnectWith(full);
  driver.Report(stream, lease, 1, {Result("suite/a"), Result("suite/b")});
  EXPECT_EQ(driver.job(job).state, JobState::kPassed);
}

TEST(Shards, ThatEndWithoutEveryCaseGoOnElsewhere) {
  WorkingOnResults at;
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a")});
  at.driver.Finish(at.first, at.lease);
  EXPECT_EQ(at.driver.Last<SendAssignment>().stream, at.second);
  EXPECT_THAT(at.driver.Notes(at.job),
              Contains(HasSubstr("agent eu-1 ended without 1 of 2 cases (it reported 1); attempt 1 of 3")));
}

TEST(Shards, StopAtTheAttemptLimitAndNameTheAgent) {
  WorkingOnResults at;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto assignment = at.driver.Last<SendAssignment>();
    at.driver.Finish(assignment.stream, assignment.lease);
  }
  EXPECT_EQ(at.driver.Count<SendAssignment>(), 3u);
  EXPECT_EQ(at.driver.job(at.job).state, JobState::kInconclusive);
  EXPECT_THAT(at.driver.shard(at.job).reason, HasSubstr("agent eu-1 ended without 2 of 2 cases"));
  EXPECT_THAT(at.driver.shard(at.job).reason, HasSubstr("attempt 3 of 3"));
}

TEST(Shards, ThatKillTheirAgentsStopAtTheAttemptLimit) {
  FleetDriver driver;
  const JobId job = driver.Submit(TwoCases());
  for (int boot = 1; boot <= 4; ++boot) driver.Connect("eu-1", "eu-west-1", {}, fmt::format("boot-{}", boot));
  EXPECT_EQ(driver.Count<SendAssignment>(), 3u);
  EXPECT_EQ(driver.shard(job).reason, "agent eu-1 was restarted; attempt 3 of 3");
  EXPECT_EQ(driver.job(job).verdict, JobVerdict::kInconclusive);
}

TEST(Shards, ThatAreGivenBackConsumeNoAttemptAndGoElsewhere) {
  WorkingOnResults at;
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a")});
  at.driver.Finish(at.first, at.lease, ShardEnd::kReleased);
  const auto again = at.driver.Last<SendAssignment>();
  EXPECT_EQ(again.stream, at.second);
  EXPECT_EQ(again.lease.attempt, 2u);  // batches of the two are told apart
  EXPECT_EQ(at.driver.shard(at.job).released, 1u);
  for (int i = 0; i < 2; ++i) {
    at.driver.Connect("eu-2", "eu-west-1", {}, fmt::format("next-{}", i));
    EXPECT_EQ(at.driver.shard(at.job).state, ShardState::kLeased);
  }
}

TEST(Shards, ThatAreRefusedConsumeNoAttemptAndAreNotOfferedToThatAgentAgain) {
  WorkingOnResults at;
  at.driver.Apply(AssignmentRefused{at.first, at.lease.id, "no such bundle"});
  auto again = at.driver.Last<SendAssignment>();
  EXPECT_EQ(again.stream, at.second);
  EXPECT_EQ(again.lease.attempt, 1u);
  EXPECT_NE(again.lease.id, at.lease.id);
  at.driver.Apply(AssignmentRefused{at.second, again.lease.id, "no such bundle"});
  EXPECT_EQ(at.driver.Count<SendAssignment>(), 2u);
  at.driver.Pass(absl::Seconds(30));
  EXPECT_EQ(
      at.driver.shard(at.job).reason,
      "agent eu-2 refused it: no such bundle; no agent in eu-west-1 within 30s (eu-1 has refused it, eu-2 has refused "
      "it)");
}

TEST(Shards, WhoseSecretsCannotBeOpenedEndAtOnceForNoOtherAgentWouldGetThem) {
  WorkingOnResults at;
  at.driver.Apply(SecretLost{at.lease.id, "the key is another one"});
  EXPECT_EQ(at.driver.Count<SendAssignment>(), 1u);
  EXPECT_EQ(at.driver.shard(at.job).state, ShardState::kDone);
  EXPECT_EQ(at.driver.shard(at.job).reason, "secret-lost: the key is another one");
  EXPECT_EQ(at.driver.job(at.job).verdict, JobVerdict::kInconclusive);
  at.driver.Apply(SecretLost{at.lease.id, "twice"});
}

TEST(Attempts, ThatTakeTooLongAreStoppedAndRunElsewhere) {
  FleetDriver driver;
  const StreamId first = driver.Connect("eu-1", "eu-west-1");
  JobSpec spec = TwoCases();
  spec.attempt_limit = absl::Minutes(2);
  const JobId job = driver.Submit(spec);
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  driver.Connect("eu-2", "eu-west-1");
  for (int i = 0; i < 2; ++i) {
    driver.Pass(absl::Seconds(59));
    driver.Heartbeat(first, {lease.id});
    EXPECT_THAT(driver.Last<SendHeartbeatReply>().cancel, ::testing::IsEmpty());
  }
  driver.Pass(absl::Seconds(2));
  EXPECT_EQ(driver.Last<SendCancel>().lease, lease.id);
  EXPECT_THAT(driver.Last<SendCancel>().reason, HasSubstr("did not end it within 2m"));
  // Nobody else before it has stopped.
  EXPECT_EQ(driver.Count<SendAssignment>(), 1u);
  driver.Heartbeat(first, {lease.id});
  EXPECT_THAT(driver.Last<SendHeartbeatReply>().cancel, ElementsAre(lease.id));
  driver.Finish(first, lease, ShardEnd::kCancelled);
  EXPECT_EQ(driver.shard(job).agent, AgentId("eu-2"));
  EXPECT_EQ(driver.shard(job).attempt, 2u);
  EXPECT_THAT(driver.Notes(job).front(), HasSubstr("agent eu-1 did not end it within 2m; attempt 1 of 3"));
}

TEST(Attempts, ThatTakeTooLongAndNeverStopEndWithTheirLease) {
  FleetDriver driver;
  const StreamId stream = driver.Connect("eu-1", "eu-west-1");
  JobSpec spec = TwoCases();
  spec.attempt_limit = absl::Minutes(1);
  const JobId job = driver.Submit(spec);
  const LeaseRecord lease = driver.Last<SendAssignment>().lease;
  for (int i = 0; i < 20; ++i) {
    driver.Pass(absl::Seconds(10));
    driver.Heartbeat(stream, {lease.id});
  }
  EXPECT_THAT(driver.Notes(job).front(), HasSubstr("agent eu-1 did not end it within 1m; attempt 1 of 3"));
  EXPECT_NE(driver.Last<SendAssignment>().lease.id, lease.id);
}

TEST(Totals, ThatContradictWhatWasCountedMakeTheShardInconclusive) {
  WorkingOnResults at;
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a"), Result("suite/b")});
  at.driver.Apply(ShardFinished{at.first, at.lease.id, at.lease.shard, at.lease.attempt, ShardEnd::kCompleted, 1});
  EXPECT_EQ(at.driver.job(at.job).verdict, JobVerdict::kInconclusive);
  EXPECT_THAT(at.driver.job(at.job).reasons,
              Contains(HasSubstr("agent eu-1 ended with 1 reported cases, 2 of them were counted")));
}

TEST(Totals, MayBeMoreThanWhatWasCounted) {
  WorkingOnResults at;
  at.driver.Report(at.first, at.lease, 1, {Result("suite/a"), Result("suite/b")});
  // What came a second time, under another number, was counted once.
  at.driver.Report(at.first, at.lease, 2, {Result("suite/b")});
  at.driver.Finish(at.first, at.lease);
  EXPECT_EQ(at.driver.job(at.job).verdict, JobVerdict::kPassed);
}

}  // namespace
}  // namespace wsfleet::fleet
