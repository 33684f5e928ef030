#include "coordinator/retention.h"

#include <algorithm>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// Notes what is done, in its order; everything runs on the store's thread.
class NotingStore : public store::FleetStore, public store::RetentionStore {
 public:
  absl::StatusOr<std::vector<CommitOutcome>> Commit(const store::Ownership&,
                                                    const std::vector<WriteBatch>& batches) override {
    for (const WriteBatch& batch : batches) done.push_back("commit " + std::to_string(batch.next_lease->value()));
    return std::vector<CommitOutcome>(batches.size());
  }
  absl::StatusOr<FleetSnapshot> Load(const store::Ownership&) override { return FleetSnapshot{}; }
  absl::StatusOr<std::optional<KnownRun>> FindRun(const store::Ownership&, const RunKey&) override {
    return std::nullopt;
  }
  absl::StatusOr<Step> RemoveSome(const store::Ownership& ownership, const Rule& rule) override {
    done.push_back("step");
    rules.push_back(rule);
    EXPECT_EQ(ownership.epoch, 7u);
    if (during_step) during_step();
    if (fails) return absl::UnavailableError("no connection");
    return Step{--steps_to_do > 0, 1, 0};
  }

  int steps_to_do = 1;
  bool fails = false;
  std::function<void()> during_step;
  std::vector<std::string> done;
  std::vector<Rule> rules;
};

class RetentionTest : public ::testing::Test {
 protected:
  // What was posted before has run.
  void Settle() {
    std::promise<void> settled;
    ASSERT_TRUE(thread_.Run([&] { settled.set_value(); }));
    settled.get_future().wait();
  }
  void Visit() { retention_.Visit({FleetName("default"), 7}, thread_); }
  auto Steps() { return std::ranges::count(store_.done, "step"); }

  NotingStore store_;
  Retention retention_{FleetName("default"), store_, {absl::Hours(48), 500, absl::ZeroDuration()}};
  StoreThread thread_{store_, [](const StoreThread::Report&) {}};
};

TEST(Retention, WaitsUntilTheClockOfAMachineThatHasJustStartedIsSet) {
  NotingStore store;
  Retention retention(FleetName("default"), store, RetentionSettings());
  StoreThread thread(store, [](const StoreThread::Report&) {});
  retention.Visit({FleetName("default"), 7}, thread);
  std::promise<void> settled;
  ASSERT_TRUE(thread.Run([&] { settled.set_value(); }));
  settled.get_future().wait();
  EXPECT_EQ(std::ranges::count(store.done, "step"), 0);
}

TEST_F(RetentionTest, AsksForWhatIsToBeKept) {
  Visit();
  Settle();
  ASSERT_THAT(store_.rules, SizeIs(1));
  const auto& rule = store_.rules.front();
  EXPECT_EQ(rule.now - rule.ended_before, absl::Hours(48));
  EXPECT_EQ(rule.runs, 500u);
  EXPECT_GE(rule.now - rule.unused_before, absl::Hours(24)) << "a bundle is stored before the run that refers to it";
}

// Writers wait for one step at most: what comes while it is taken goes before the next.
TEST_F(RetentionTest, LetsCommitsPassBetweenTwoSteps) {
  store_.steps_to_do = 4;
  std::uint64_t number = 0;
  store_.during_step = [&] {
    WriteBatch batch;
    batch.next_lease = LeaseId(++number);
    EXPECT_TRUE(thread_.Commit(fleet::CommitId(number), std::move(batch)));
  };
  Visit();
  for (int i = 0; i < 5; ++i) Settle();
  EXPECT_THAT(store_.done, ElementsAre("step", "commit 1", "step", "commit 2", "step", "commit 3", "step", "commit 4"));
}

TEST_F(RetentionTest, TakesSoManyStepsInAVisitAndGoesOnInTheNext) {
  store_.steps_to_do = Retention::kStepsInVisit + 10;
  Visit();
  while (Steps() < Retention::kStepsInVisit) Settle();
  Settle();
  Settle();
  EXPECT_EQ(Steps(), Retention::kStepsInVisit);
  Visit();
  while (Steps() < Retention::kStepsInVisit + 10) Settle();
  // There is nothing left to do: for a while it does not look again.
  Settle();
  Visit();
  Settle();
  EXPECT_EQ(Steps(), Retention::kStepsInVisit + 10);
}

TEST_F(RetentionTest, DoesNotBeginASecondTimeWhileItIsAtIt) {
  store_.steps_to_do = 3;
  store_.during_step = [&] { Visit(); };
  Visit();
  for (int i = 0; i < 5; ++i) Settle();
  EXPECT_EQ(Steps(), 3);
}

TEST_F(RetentionTest, PausesWhereTheStoreFails) {
  store_.fails = true;
  Visit();
  Settle();
  Visit();
  Settle();
  EXPECT_EQ(Steps(), 1);
}

}  // namespace
}  // namespace wsfleet::coordinator
