#include "coordinator/store_thread.h"

#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "coordinator/store/refusal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::ElementsAre;

// Keeps what was committed by the lease number that each batch carries; the first commit waits for Release().
class GatedStore : public store::FleetStore {
 public:
  absl::StatusOr<std::vector<CommitOutcome>> Commit(const store::Ownership&,
                                                    const std::vector<WriteBatch>& batches) override {
    entered_.set_value();
    if (!std::exchange(released_, true)) gate_.get_future().wait();
    entered_ = {};
    if (fails_) return absl::UnavailableError("the disk is on fire");
    ++asked_;
    for (const WriteBatch& batch : batches) {
      if (batch.next_lease == refused_) return store::InRowOf(JobId("r-1"), absl::InvalidArgumentError("too long"));
    }
    transactions_.push_back(batches.size());
    std::vector<CommitOutcome> outcomes;
    for (const WriteBatch& batch : batches) {
      committed_.push_back(batch.next_lease->value());
      outcomes.push_back({{*batch.next_lease}, {}});
    }
    return outcomes;
  }
  absl::StatusOr<FleetSnapshot> Load(const store::Ownership&) override {
    fails_ = false;
    return FleetSnapshot{};
  }

  absl::StatusOr<std::optional<KnownRun>> FindRun(const store::Ownership&, const RunKey&) override {
    return std::nullopt;
  }

  void Release() { gate_.set_value(); }
  void FailUntilLoaded() { fails_ = true; }
  void Refuse(std::uint64_t number) { refused_ = LeaseId(number); }

  std::promise<void> entered_;
  std::vector<std::size_t> transactions_;
  std::vector<std::uint64_t> committed_;
  int asked_ = 0;

 private:
  std::optional<LeaseId> refused_;
  std::promise<void> gate_;
  bool released_ = false;
  bool fails_ = false;
};

WriteBatch Numbered(std::uint64_t number) {
  WriteBatch batch;
  batch.next_lease = LeaseId(number);
  return batch;
}

struct Reports {
  std::vector<std::uint64_t> durable, denied;
  std::vector<absl::Status> failures;
  std::vector<std::uint64_t> failed;
  StoreThread::OnCommitted Sink() {
    return [this](const StoreThread::Report& report) {
      for (const fleet::Persisted& persisted : report.durable) {
        durable.push_back(persisted.commit.value());
        denied.push_back(persisted.outcome.denied.front().value());
      }
      if (report.failure.ok()) return;
      failures.push_back(report.failure);
      failed.push_back(report.failed.value());
    };
  }
};

TEST(StoreThread, PutsWhatGatheredDuringACommitIntoOneTransaction) {
  GatedStore store;
  Reports reports;
  StoreThread thread(store, reports.Sink());
  const auto entered = store.entered_.get_future();
  ASSERT_TRUE(thread.Commit(fleet::CommitId(1), Numbered(1)));
  entered.wait();
  for (std::uint64_t number = 2; number <= 4; ++number) {
    ASSERT_TRUE(thread.Commit(fleet::CommitId(number), Numbered(number)));
  }
  store.Release();
  thread.Stop();
  EXPECT_THAT(store.transactions_, ElementsAre(1, 3));
  EXPECT_THAT(store.committed_, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(reports.durable, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(reports.denied, ElementsAre(1, 2, 3, 4)) << "each with what became of its own leases";
}

TEST(StoreThread, DropsEverythingBehindAFailedCommitUntilItHasLoaded) {
  GatedStore store;
  store.FailUntilLoaded();
  Reports reports;
  StoreThread thread(store, reports.Sink());
  const auto entered = store.entered_.get_future();
  ASSERT_TRUE(thread.Commit(fleet::CommitId(1), Numbered(1)));
  entered.wait();
  ASSERT_TRUE(thread.Commit(fleet::CommitId(2), Numbered(2)));
  bool loaded = false;
  ASSERT_TRUE(thread.Load({FleetName("default")},
                          [&](const absl::StatusOr<FleetSnapshot>& snapshot) { loaded = snapshot.ok(); }));
  ASSERT_TRUE(thread.Commit(fleet::CommitId(1), Numbered(10)));
  store.Release();
  thread.Stop();
  EXPECT_TRUE(loaded);
  EXPECT_THAT(reports.failures, ::testing::SizeIs(1));
  EXPECT_THAT(store.committed_, ElementsAre(10)) << "2 was decided on top of 1, which is not durable";
}

TEST(StoreThread, CommitsWhatStandsBeforeARefusedChangeAndSaysWhichThatIs) {
  GatedStore store;
  store.Refuse(700);
  Reports reports;
  StoreThread thread(store, reports.Sink());
  const auto entered = store.entered_.get_future();
  ASSERT_TRUE(thread.Commit(fleet::CommitId(1), Numbered(1)));
  entered.wait();
  for (std::uint64_t number = 2; number <= 1000; ++number) {
    ASSERT_TRUE(thread.Commit(fleet::CommitId(number), Numbered(number)));
  }
  store.Release();
  thread.Stop();
  EXPECT_THAT(reports.durable, ::testing::SizeIs(699));
  EXPECT_EQ(store.committed_, reports.durable);
  EXPECT_THAT(reports.failed, ElementsAre(700));
  EXPECT_EQ(store::RefusedJob(reports.failures.front()), JobId("r-1"));
  EXPECT_EQ(thread.backlog().bytes, 0u);
  EXPECT_LE(store.asked_, 25) << "by halves";
}

TEST(StoreThread, RunsTasksInTheOrderOfTheQueue) {
  GatedStore store;
  Reports reports;
  StoreThread thread(store, reports.Sink());
  std::vector<std::size_t> seen;
  ASSERT_TRUE(thread.Run([&] { seen.push_back(store.committed_.size()); }));
  ASSERT_TRUE(thread.Commit(fleet::CommitId(1), Numbered(1)));
  ASSERT_TRUE(thread.Run([&] { seen.push_back(store.committed_.size()); }));
  store.Release();
  thread.Stop();
  EXPECT_THAT(seen, ElementsAre(0, 1));
}

TEST(StoreThread, TakesOneMoreWhenItsBytesAreAtTheirLimitAndNothingBeyond) {
  GatedStore store;
  Reports reports;
  StoreThread thread(store, reports.Sink());
  const auto large = [](std::uint64_t number) {
    WriteBatch batch = Numbered(number);
    CaseResult result;
    result.failure.emplace().evidence.body_excerpt.assign(StoreThread::kMaxQueuedBytes, 'x');
    batch.results.push_back({{JobId("r-1"), ShardIndex(1)}, 1, AgentId("eu-1"), std::move(result)});
    return batch;
  };
  const auto entered = store.entered_.get_future();
  ASSERT_TRUE(thread.Commit(fleet::CommitId(1), large(1)));
  entered.wait();
  // What is under way counts.
  EXPECT_GT(thread.backlog().bytes, StoreThread::kMaxQueuedBytes);
  EXPECT_FALSE(thread.Commit(fleet::CommitId(2), Numbered(2)));
  std::promise<void> done;
  ASSERT_TRUE(thread.Run([&] { done.set_value(); }));
  store.Release();
  done.get_future().wait();
  EXPECT_EQ(thread.backlog().bytes, 0u);
  EXPECT_TRUE(thread.Commit(fleet::CommitId(3), Numbered(3)));
  thread.Stop();
  EXPECT_THAT(reports.durable, ElementsAre(1, 3));
}

TEST(StoreThread, ForgetsTheBytesOfWhatItDrops) {
  GatedStore store;
  store.FailUntilLoaded();
  Reports reports;
  StoreThread thread(store, reports.Sink());
  const auto entered = store.entered_.get_future();
  ASSERT_TRUE(thread.Commit(fleet::CommitId(1), Numbered(1)));
  entered.wait();
  ASSERT_TRUE(thread.Commit(fleet::CommitId(2), Numbered(2)));
  store.Release();
  thread.Stop();
  EXPECT_EQ(thread.backlog().bytes, 0u);
  EXPECT_THAT(reports.failures, ::testing::SizeIs(1));
}

TEST(StoreThread, TakesNothingMoreThanItsLimitAndNothingAfterItsEnd) {
  GatedStore store;
  Reports reports;
  StoreThread thread(store, reports.Sink());
  const auto entered = store.entered_.get_future();
  ASSERT_TRUE(thread.Commit(fleet::CommitId(1), Numbered(1)));
  entered.wait();
  for (std::size_t i = 0; i < StoreThread::kMaxQueued; ++i) ASSERT_TRUE(thread.Run([] {}));
  EXPECT_FALSE(thread.Run([] {}));
  EXPECT_FALSE(thread.Commit(fleet::CommitId(2), Numbered(2)));
  store.Release();
  thread.Stop();
  EXPECT_FALSE(thread.Run([] {}));
}

}  // namespace
}  // namespace wsfleet::coordinator
