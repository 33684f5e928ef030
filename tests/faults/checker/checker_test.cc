#include "tests/faults/checker/checker.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

// A checker that finds nothing in anything proves nothing: each promise is broken here once.
namespace wsfleet::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// One run of two cases, seen to its end.
struct Scene {
  Model model{1, {"1", "2"}, 2, "passed"};
  Testimony seen;
  Stored stored;
  TargetLog log;

  Scene() {
    Stored::Job& job = stored.jobs[JobId("r-A")];
    job.job.id = JobId("r-A");
    job.job.spec.key = seen.key = RunKey("key");
    job.job.state = JobState::kPassed;
    job.job.verdict = JobVerdict::kPassed;
    job.job.last_event = 4;
    ShardRecord& shard = job.shards.emplace_back();
    shard.id = {JobId("r-A"), ShardIndex(1)};
    shard.state = ShardState::kDone;
    shard.attempt = 1;
    shard.finished_cases = 2;
    Announce(NewEvent());
    for (const std::string& name : model.cases) {
      CaseResultRecord& result = job.results.emplace_back();
      result.shard = shard.id;
      result.attempt = 1;
      result.result.case_id = CaseIdOf(name);
      result.result.outcome = Outcome::kPassed;
      JobEventRecord event = NewEvent();
      event.kind = JobEventRecord::Kind::kResult;
      event.shard = ShardIndex(1);
      event.case_id = CaseIdOf(name);
      Announce(event);
      log.executions[{JobId("r-A"), 1, 7, name}] = {2, 2};
    }
    Announce(NewEvent());
    seen.events.back().verdict = seen.verdict = "passed";
    seen.acknowledged = {JobId("r-A")};
  }

  JobEventRecord NewEvent() {
    JobEventRecord event;
    event.job = JobId("r-A");
    event.number = job().events.size() + 1;
    return event;
  }

  void Announce(const JobEventRecord& event) {
    job().events.push_back(event);
    Testimony::Event& shown = seen.events.emplace_back();
    shown.number = event.number;
    shown.kind = event.kind;
    if (event.kind != JobEventRecord::Kind::kResult) return;
    shown.shard = event.shard.value();
    shown.case_id = event.case_id.value();
    shown.outcome = "passed";
    shown.attempt = 1;
  }

  Stored::Job& job() { return stored.jobs[JobId("r-A")]; }
  std::vector<std::string> Complaints() const { return Check(model, {seen}, stored, log); }
};

TEST(Checker, FindsNothingWhereNothingIsWrong) { EXPECT_THAT(Scene().Complaints(), IsEmpty()); }

TEST(Checker, FindsWhateverPromiseIsBroken) {
  const std::vector<std::pair<const char*, std::function<void(Scene&)>>> kBreaches = {
      {"I1: r-A was acknowledged", [](Scene& scene) { scene.stored.jobs.clear(); }},
      {"I1: r-A has not ended", [](Scene& scene) { scene.job().job.state = JobState::kRunning; }},
      {"I1: the run of key could not be followed", [](Scene& scene) { scene.seen.trouble = "no connection"; }},
      {"I1: r-A: event 2 was shown and is not stored",
       [](Scene& scene) { scene.job().events.erase(scene.job().events.begin() + 1); }},
      {"I1: r-A: shard 1 has no result of 2", [](Scene& scene) { scene.job().results.pop_back(); }},
      {"I2: key key names r-A and r-B", [](Scene& scene) { scene.seen.acknowledged.emplace_back("r-B"); }},
      {"I2: nobody submitted r-B", [](Scene& scene) { scene.stored.jobs[JobId("r-B")].job.id = JobId("r-B"); }},
      {"counts 2 times", [](Scene& scene) { scene.job().results.push_back(scene.job().results.back()); }},
      {"I2: r-A: event 4 came after 4", [](Scene& scene) { scene.seen.events.push_back(scene.seen.events.back()); }},
      {"is announced twice", [](Scene& scene) { scene.job().events[2].case_id = CaseIdOf("1"); }},
      {"I2: r-A: shard 1 counts 3 results", [](Scene& scene) { scene.job().shards[0].finished_cases = 3; }},
      {"the target saw no whole execution", [](Scene& scene) { scene.log.executions.begin()->second.closed = 1; }},
      {"ran twice under lease 7", [](Scene& scene) { scene.log.executions.begin()->second.begun = 4; }},
      {"I3: r-A ended as \"passed\"", [](Scene& scene) { scene.job().job.verdict = JobVerdict::kFailed; }},
      {"I3: r-A: event 4 came after its end", [](Scene& scene) { scene.seen.events[2].verdict = "failed"; }},
      {"I3: r-A: load/chat [round=1] in shard 1 was passed",
       [](Scene& scene) { scene.job().results[0].result.outcome = Outcome::kFailed; }},
      {"I4: lease 7 of r-A/1 has not ended",
       [](Scene& scene) {
         scene.stored.leases = {{LeaseId(7), {JobId("r-A"), ShardIndex(1)}, 1, AgentId("eu-1"), BootId("b")}};
       }},
      {"ran under 2 leases in 1 attempts", [](Scene& scene) { scene.log.executions[{JobId("r-A"), 1, 8, "1"}] = {}; }},
      {"I8: r-A: event 3 follows 1", [](Scene& scene) { scene.job().events.erase(scene.job().events.begin() + 1); }},
      {"I8: r-A: 1 of 2 results were shown",
       [](Scene& scene) { scene.seen.events.erase(scene.seen.events.begin() + 1); }},
      {"the target saw 9 of r-A", [](Scene& scene) { scene.log.executions[{JobId("r-A"), 1, 7, "9"}] = {2, 2}; }},
  };
  for (const auto& [complaint, breach] : kBreaches) {
    Scene scene;
    breach(scene);
    EXPECT_THAT(scene.Complaints(), Contains(HasSubstr(complaint)));
  }
}

TEST(TargetLogTest, TellsSessionsApartByTheirPaths) {
  const TargetLog log = ReadTargetLog(R"({"event":"upgrade","connection":1,"code":101,"target":"/ws/r-X-2-31-1/4"}
{"event":"upgrade","connection":2,"code":101,"target":"/ws/r-X-2-31-2/4"}
{"event":"close","connection":2,"code":1000}
{"event":"close","connection":1,"code":0}
{"event":"upgrade","connection":3,"code":101,"target":"/elsewhere"}
{"event":"upgr)");
  ASSERT_EQ(log.executions.size(), 1U);
  const auto& [execution, sessions] = *log.executions.begin();
  EXPECT_EQ(execution, (TargetLog::Execution{JobId("r-X"), 2, 31, "4"}));
  EXPECT_EQ(sessions.begun, 2);
  EXPECT_EQ(sessions.closed, 1);
  EXPECT_EQ(log.unreadable, 1);
}

}  // namespace
}  // namespace wsfleet::testing
