#include "coordinator/metrics_feed.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CaseResult Result(const std::string& id, Outcome outcome, FailureClass why = FailureClass::kNone) {
  CaseResult result;
  result.case_id = CaseId(id);
  result.outcome = outcome;
  // What an agent says of names is not what is counted.
  result.suite = "made up";
  if (why != FailureClass::kNone) result.failure.emplace().failure_class = why;
  return result;
}

class MetricsFeedTest : public ::testing::Test {
 protected:
  // The rows of a turn in which a shard in eu-west-1 reported these.
  static WriteBatch Batch(const std::string& schedule, std::vector<CaseResult> results) {
    WriteBatch batch;
    JobRecord& job = batch.jobs.emplace_back();
    job.id = JobId("r-1");
    job.state = JobState::kRunning;
    job.spec.schedule = ScheduleName(schedule);
    job.spec.suites = {"gate", "gate/deep"};
    job.spec.cases = {CaseId("gate/connects"), CaseId("gate/deep/answers [k=v]")};
    ShardRecord& shard = batch.shards.emplace_back();
    shard.id = {job.id, ShardIndex(1)};
    shard.region = RegionName("eu-west-1");
    for (CaseResult& result : results) batch.results.push_back({shard.id, 1, AgentId("eu-1"), std::move(result)});
    return batch;
  }

  void Commit(const WriteBatch& batch) {
    feed_.OnPersist(fleet::CommitId(++last_), batch);
    feed_.OnPersisted(fleet::CommitId(last_));
  }
  std::string Text() const { return metrics_.Render(); }

  static std::string Check(const std::string& suite, const std::string& scenario, const std::string& result,
                           const std::string& why) {
    return "wsfleet_checks_total{class=\"" + why + "\",fleet=\"default\",region=\"eu-west-1\",result=\"" + result +
           "\",scenario=\"" + scenario + "\",suite=\"" + suite + "\"} ";
  }
  static std::string Success(const std::string& suite, const std::string& scenario) {
    return "wsfleet_check_success{fleet=\"default\",region=\"eu-west-1\",scenario=\"" + scenario + "\",suite=\"" +
           suite + "\"} ";
  }

  monitoring::Metrics metrics_{monitoring::Program::kCoordinator};
  MetricsFeed feed_{FleetName("default"), &metrics_};
  std::uint64_t last_ = 0;
};

TEST_F(MetricsFeedTest, CountsResultsOnceTheyAreDurable) {
  const WriteBatch batch = Batch("", {Result("gate/connects", Outcome::kFailed, FailureClass::kTcp)});
  feed_.OnPersist(fleet::CommitId(1), batch);
  feed_.OnPersist(fleet::CommitId(2), batch);
  EXPECT_THAT(Text(), Not(HasSubstr("wsfleet_checks_total{")));
  feed_.OnPersisted(fleet::CommitId(1));
  EXPECT_THAT(Text(), HasSubstr(Check("", "", "failed", "tcp") + "1\n"));
  feed_.OnPersisted(fleet::CommitId(2));
  feed_.OnPersisted(fleet::CommitId(2));
  EXPECT_THAT(Text(), HasSubstr(Check("", "", "failed", "tcp") + "2\n"));
}

TEST_F(MetricsFeedTest, DoesNotCountWhatWasDiscarded) {
  feed_.OnPersist(fleet::CommitId(7), Batch("", {Result("gate/connects", Outcome::kPassed)}));
  feed_.Discard();
  // Commits of the next machine are numbered from 1 again.
  feed_.OnPersist(fleet::CommitId(1), Batch("", {Result("gate/connects", Outcome::kSkipped)}));
  feed_.OnPersisted(fleet::CommitId(1));
  EXPECT_THAT(Text(), Not(HasSubstr(Check("", "", "passed", ""))));
  EXPECT_THAT(Text(), HasSubstr("result=\"skipped\""));
}

TEST_F(MetricsFeedTest, NamesSuiteAndScenarioOfSchedulesOnly) {
  Commit(Batch("", {Result("gate/connects", Outcome::kPassed)}));
  EXPECT_THAT(Text(), HasSubstr(Check("", "", "passed", "") + "1\n"));
  EXPECT_THAT(Text(), Not(HasSubstr("wsfleet_check_success{")));
  Commit(Batch("nightly", {Result("gate/connects", Outcome::kPassed),
                           Result("gate/deep/answers [k=v]", Outcome::kFailed, FailureClass::kEventMissing)}));
  EXPECT_THAT(Text(), HasSubstr(Check("gate", "connects", "passed", "") + "1\n"));
  EXPECT_THAT(Text(), HasSubstr(Check("gate/deep", "answers [k=v]", "failed", "event-missing") + "1\n"));
  EXPECT_THAT(Text(), Not(HasSubstr("made up")));
}

TEST_F(MetricsFeedTest, ShowsTheLastVerdictOfASchedule) {
  const std::string success = Success("gate", "connects");
  Commit(Batch("nightly", {Result("gate/connects", Outcome::kFailed, FailureClass::kTcp)}));
  EXPECT_THAT(Text(), HasSubstr(success + "0\n"));
  // An agent's trouble says nothing of the target.
  Commit(Batch("nightly", {Result("gate/connects", Outcome::kInconclusive, FailureClass::kAgent)}));
  EXPECT_THAT(Text(), HasSubstr(success + "0\n"));
  Commit(Batch("nightly", {Result("gate/connects", Outcome::kPassed)}));
  EXPECT_THAT(Text(), HasSubstr(success + "1\n"));
}

TEST_F(MetricsFeedTest, ForgetsTheVerdictOfWhatIsNotRunAnyMore) {
  Commit(Batch("nightly",
               {Result("gate/connects", Outcome::kFailed), Result("gate/deep/answers [k=v]", Outcome::kPassed)}));
  WriteBatch ended = Batch("nightly", {});
  ended.jobs.front().state = JobState::kPassed;
  ended.jobs.front().spec.cases = {CaseId("gate/deep/answers [k=v]")};  // the suite was changed meanwhile
  Commit(ended);
  EXPECT_THAT(Text(), Not(HasSubstr(Success("gate", "connects"))));
  EXPECT_THAT(Text(), HasSubstr(Success("gate/deep", "answers [k=v]")));
  WriteBatch removed;
  removed.removed_schedules = {ScheduleName("another")};
  Commit(removed);
  EXPECT_THAT(Text(), HasSubstr(Success("gate/deep", "answers [k=v]")));
  removed.removed_schedules = {ScheduleName("nightly")};
  Commit(removed);
  EXPECT_THAT(Text(), Not(HasSubstr("wsfleet_check_success{")));
}

TEST_F(MetricsFeedTest, ShowsNoVerdictsOfAFleetThatItHasGivenUp) {
  Commit(Batch("nightly", {Result("gate/connects", Outcome::kFailed, FailureClass::kTcp)}));
  feed_.GiveUp();
  EXPECT_THAT(Text(), Not(HasSubstr("wsfleet_check_success{")));
  EXPECT_THAT(Text(), HasSubstr(Check("gate", "connects", "failed", "tcp") + "1\n")) << "counters do not fall";
}

TEST_F(MetricsFeedTest, CountsTicksThatWereMissed) {
  WriteBatch batch;
  TickRecord& missed = batch.ticks.emplace_back();
  missed.outcome = TickOutcome::kMissed;
  missed.count = 3;
  batch.ticks.emplace_back().outcome = TickOutcome::kSkipped;
  Commit(batch);
  EXPECT_THAT(Text(), HasSubstr("wsfleet_schedule_missed_total{fleet=\"default\"} 3\n"));
}

TEST_F(MetricsFeedTest, CountsWithoutNamesBeyondTheLimit) {
  std::vector<CaseResult> results;
  for (std::size_t i = 0; i < MetricsFeed::kMaxNames + 5; ++i) {
    results.push_back(Result("gate/" + std::to_string(i), Outcome::kPassed));
  }
  Commit(Batch("nightly", std::move(results)));
  EXPECT_THAT(Text(), HasSubstr(Check("gate", "499", "passed", "") + "1\n"));
  EXPECT_THAT(Text(), HasSubstr(Check("", "", "passed", "") + "5\n"));
  EXPECT_THAT(Text(), Not(HasSubstr(Check("gate", "500", "passed", ""))));
}

TEST(MetricsFeed, CountsNowhereWithoutMetrics) {
  MetricsFeed feed(FleetName("default"), nullptr);
  WriteBatch batch;
  batch.ticks.emplace_back().outcome = TickOutcome::kMissed;
  feed.OnPersist(fleet::CommitId(1), batch);
  feed.OnPersisted(fleet::CommitId(1));
}

}  // namespace
}  // namespace wsfleet::coordinator
