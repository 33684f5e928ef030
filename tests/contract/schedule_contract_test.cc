#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/every_store.h"
#include "tests/contract/schedule_records.h"

// What store.h promises of schedules, asked of every store.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TickOutcome kStarted = TickOutcome::kStarted;
constexpr TickOutcome kWaiting = TickOutcome::kWaiting;
constexpr TickOutcome kSkipped = TickOutcome::kSkipped;

template <typename Factory>
class ScheduleContract : public ::testing::Test {
 protected:
  absl::Status Commit(const WriteBatch& batch) { return opened_->Commit(kOwner, {batch}).status(); }
  absl::Status CommitTick(const TickRecord& tick) {
    WriteBatch batch;
    batch.ticks = {tick};
    return Commit(batch);
  }
  absl::Status CommitSchedules(const std::vector<ScheduleRecord>& schedules) {
    WriteBatch batch;
    batch.schedules = schedules;
    return Commit(batch);
  }
  store::ScheduleReader::ScheduleView Get(const std::string& name, std::uint32_t max_ticks = 100) {
    auto view = opened_->GetSchedule(kFleet, ScheduleName(name), max_ticks);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *std::move(view) : store::ScheduleReader::ScheduleView{};
  }

  Factory factory_;
  decltype(factory_.Open()) opened_ = factory_.Open();
};
TYPED_TEST_SUITE(ScheduleContract, EveryStore);

TYPED_TEST(ScheduleContract, GivesBackEveryMember) {
  const ScheduleRecord written = ASchedule("nightly");
  ScheduleRecord bare;
  bare.spec.name = ScheduleName("bare");
  bare.spec.timing.every = absl::Seconds(30);
  bare.created = bare.changed = bare.settled = At(0);
  ASSERT_TRUE(this->CommitSchedules({written, bare}).ok());
  EXPECT_EQ(this->Get("nightly").schedule, written);
  EXPECT_EQ(this->Get("bare").schedule, bare);
  const auto snapshot = this->opened_->Load(kOwner);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_THAT(snapshot->schedules, ElementsAre(bare, written));
}

TYPED_TEST(ScheduleContract, WritesProgressAndNewVersions) {
  ScheduleRecord schedule = ASchedule("nightly");
  ASSERT_TRUE(this->CommitSchedules({schedule}).ok());
  schedule.waiting.reset();
  schedule.settled = At(9);
  schedule.started = 99;
  schedule.paused = false;
  ASSERT_TRUE(this->CommitSchedules({schedule}).ok());
  EXPECT_EQ(this->Get("nightly").schedule, schedule);
  ++schedule.version;
  schedule.spec.timing.cron = "@hourly";
  schedule.spec.job.sealed_secrets = std::string("\x01\x00other", 7);
  ASSERT_TRUE(this->CommitSchedules({schedule}).ok());
  EXPECT_EQ(this->Get("nightly").schedule, schedule);
}

TYPED_TEST(ScheduleContract, TakesANominalTimeOnce) {
  ASSERT_TRUE(this->CommitSchedules({ASchedule("nightly"), ASchedule("other")}).ok());
  ASSERT_TRUE(this->CommitTick(ATick("nightly", 5, kStarted)).ok());
  for (const TickOutcome outcome : {kStarted, kSkipped, kWaiting}) {
    EXPECT_TRUE(absl::IsAlreadyExists(this->CommitTick(ATick("nightly", 5, outcome))));
  }
  EXPECT_TRUE(this->CommitTick(ATick("nightly", 6, kStarted)).ok());
  EXPECT_TRUE(this->CommitTick(ATick("other", 5, kStarted)).ok());
}

TYPED_TEST(ScheduleContract, TakesNothingOfACommitWhoseNominalTimeWasTaken) {
  ASSERT_TRUE(this->CommitSchedules({ASchedule("nightly")}).ok());
  ASSERT_TRUE(this->CommitTick(ATick("nightly", 5, kStarted)).ok());
  WriteBatch second;
  second.jobs = {AJob("r-2")};
  second.ticks = {ATick("nightly", 5, kStarted)};
  EXPECT_TRUE(absl::IsAlreadyExists(this->Commit(second)));
  EXPECT_TRUE(absl::IsNotFound(this->opened_->GetJob(kFleet, JobId("r-2")).status()));
}

TYPED_TEST(ScheduleContract, LetsOneThatWaitsBecomeSomethingElse) {
  ASSERT_TRUE(this->CommitSchedules({ASchedule("nightly")}).ok());
  ASSERT_TRUE(this->CommitTick(ATick("nightly", 5, kWaiting)).ok());
  ASSERT_TRUE(this->CommitTick(ATick("nightly", 5, kStarted)).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(this->CommitTick(ATick("nightly", 5, kSkipped))));
  const auto ticks = this->Get("nightly").ticks;
  ASSERT_THAT(ticks, SizeIs(1));
  EXPECT_EQ(ticks[0].tick, ATick("nightly", 5, kStarted));
}

TYPED_TEST(ScheduleContract, ShowsTheNewestTicksWithWhatTheirRunsAre) {
  WriteBatch batch = ABusyJob("r-1");
  batch.schedules = {ASchedule("nightly")};
  batch.ticks = {ATick("nightly", 5, kSkipped), ATick("nightly", 7, kStarted), ATick("nightly", 6, kStarted)};
  batch.ticks[2].job = JobId("r-gone");
  ASSERT_TRUE(this->Commit(batch).ok());
  const auto view = this->Get("nightly", 2);
  ASSERT_TRUE(view.last.has_value());
  EXPECT_EQ(view.last->state, JobState::kRunning);
  ASSERT_THAT(view.ticks, SizeIs(2));
  EXPECT_EQ(view.ticks[0].tick, batch.ticks[1]);
  ASSERT_TRUE(view.ticks[0].run.has_value());
  EXPECT_EQ(view.ticks[0].run->state, JobState::kRunning);
  EXPECT_EQ(view.ticks[0].run->verdict, std::nullopt);
  EXPECT_EQ(view.ticks[1].tick, batch.ticks[2]);
  EXPECT_FALSE(view.ticks[1].run.has_value());

  WriteBatch ended;
  ended.jobs = batch.jobs;
  ended.jobs[0].state = JobState::kInconclusive;
  ended.jobs[0].verdict = JobVerdict::kTimedOut;
  ASSERT_TRUE(this->Commit(ended).ok());
  EXPECT_EQ(this->Get("nightly").ticks[0].run->verdict, JobVerdict::kTimedOut);
}

TYPED_TEST(ScheduleContract, KeepsTheNewestThousandTicksAndWhatWaits) {
  WriteBatch batch;
  batch.schedules = {ASchedule("nightly")};
  batch.ticks = {ATick("nightly", 0, kWaiting)};
  for (int i = 1; i <= 1010; ++i) batch.ticks.push_back(ATick("nightly", i, kSkipped));
  batch.ticks.push_back(ATick("other", 1, kSkipped));
  ASSERT_TRUE(this->Commit(batch).ok());
  const auto ticks = this->Get("nightly", 5000).ticks;
  ASSERT_THAT(ticks, SizeIs(1001));
  EXPECT_EQ(ticks[999].tick.nominal, At(11));
  EXPECT_EQ(ticks[1000].tick.nominal, At(0));
}

TYPED_TEST(ScheduleContract, RemovesAScheduleWithItsTicksThoseOfTheSameCommitToo) {
  WriteBatch batch;
  batch.schedules = {ASchedule("nightly"), ASchedule("other")};
  batch.ticks = {ATick("nightly", 5, kStarted), ATick("other", 5, kStarted)};
  ASSERT_TRUE(this->Commit(batch).ok());
  WriteBatch removal;
  removal.ticks = {ATick("nightly", 6, kStarted)};
  removal.removed_schedules = {ScheduleName("nightly")};
  ASSERT_TRUE(this->Commit(removal).ok());
  EXPECT_TRUE(absl::IsNotFound(this->opened_->GetSchedule(kFleet, ScheduleName("nightly"), 1).status()));
  EXPECT_THAT(this->Get("other").ticks, SizeIs(1));
  // Another one of the same name begins anew.
  ASSERT_TRUE(this->CommitSchedules({ASchedule("nightly")}).ok());
  EXPECT_THAT(this->Get("nightly").ticks, IsEmpty());
  EXPECT_TRUE(this->CommitTick(ATick("nightly", 5, kStarted)).ok());
}

TYPED_TEST(ScheduleContract, ListsByNameInPages) {
  ASSERT_TRUE(this->CommitSchedules({ASchedule("b"), ASchedule("a"), ASchedule("c")}).ok());
  const auto names = [&](std::uint32_t limit, const std::string& after) {
    std::vector<std::string> found;
    const auto page = this->opened_->ListSchedules(kFleet, limit, ScheduleName(after));
    EXPECT_TRUE(page.ok()) << page.status();
    for (const auto& view : *page) found.push_back(view.schedule.spec.name.value());
    return found;
  };
  EXPECT_THAT(names(2, ""), ElementsAre("a", "b"));
  EXPECT_THAT(names(2, "b"), ElementsAre("c"));
}

TYPED_TEST(ScheduleContract, KeepsFleetsApart) {
  WriteBatch batch;
  batch.schedules = {ASchedule("nightly")};
  batch.ticks = {ATick("nightly", 5, kStarted)};
  ASSERT_TRUE(this->Commit(batch).ok());
  const store::Ownership blue{FleetName("blue")};
  ASSERT_TRUE(this->opened_->Claim({blue.fleet, "test", {}, absl::Hours(1)}).ok());
  EXPECT_THAT(this->opened_->Load(blue)->schedules, IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(this->opened_->GetSchedule(blue.fleet, ScheduleName("nightly"), 1).status()));
  EXPECT_TRUE(this->opened_->Commit(blue, {batch}).ok());
  WriteBatch removal;
  removal.removed_schedules = {ScheduleName("nightly")};
  ASSERT_TRUE(this->opened_->Commit(blue, {removal}).ok());
  EXPECT_THAT(this->Get("nightly").ticks, SizeIs(1));
}

}  // namespace
}  // namespace wsfleet::testing
