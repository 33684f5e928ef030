#include <string>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/every_store.h"

// What is not kept goes, in small steps, and nothing else does.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Rule = store::RetentionStore::Rule;

constexpr std::uint32_t kManyRuns = 1000;

// Runs that ended before At(100), and bundles that nobody used since At(50).
Rule OldOnes() { return {At(1000), At(100), kManyRuns, At(50)}; }

template <typename Factory>
class RetentionContract : public StoreContract<Factory> {
 protected:
  store::RetentionStore::Step Step(const Rule& rule = OldOnes()) {
    const auto step = this->retention_.RemoveSome(kOwner, rule);
    EXPECT_TRUE(step.ok()) << step.status();
    return step.value_or(store::RetentionStore::Step{});
  }
  // To the end. How many steps it took.
  int RemoveAll(const Rule& rule = OldOnes()) {
    int steps = 0;
    while (Step(rule).more) ++steps;
    return steps;
  }
  // With a shard, a batch, a result for each of `cases`, and as many events.
  void AddEnded(const std::string& id, absl::Time finished, const std::string& key = "", int cases = 1) {
    WriteBatch batch;
    batch.jobs = {AnEndedJob(id, finished, key)};
    batch.jobs[0].last_event = static_cast<std::uint64_t>(cases);
    batch.shards = {AShard(id)};
    for (int i = 1; i <= cases; ++i) {
      const std::string case_id = fmt::format("gate/{}", i);
      batch.results.push_back(AResult(id, case_id));
      batch.events.push_back(AResultEvent(id, static_cast<std::uint64_t>(i), case_id));
      batch.batches.push_back({{JobId(id), ShardIndex(1)}, 1, BatchSeq(static_cast<std::uint64_t>(i))});
    }
    ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  }
  std::vector<std::string> Kept() {
    std::vector<std::string> ids;
    const auto jobs = this->jobs_.ListJobs(kFleet, 100, JobId());
    for (const JobRecord& job : jobs.value()) ids.push_back(job.id.value());
    return ids;
  }
  std::size_t ResultsOf(const std::string& id) { return this->jobs_.ResultsAfter(JobId(id), {})->size(); }
  bool HasBundle(const std::string& digest) { return this->bundles_.GetBundle(BundleDigest(digest)).ok(); }
};
TYPED_TEST_SUITE(RetentionContract, EveryStore);

TYPED_TEST(RetentionContract, RemovesRunsThatEndedLongAgoWithEverythingOfThem) {
  this->AddEnded("r-old", At(99));
  this->AddEnded("r-new", At(100));
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-open")}).ok());
  const auto before = this->fleet_.Load(kOwner);
  EXPECT_GT(this->RemoveAll(), 0);
  EXPECT_THAT(this->Kept(), ElementsAre("r-open", "r-new"));
  EXPECT_TRUE(absl::IsNotFound(this->jobs_.GetJob(kFleet, JobId("r-old")).status()));
  EXPECT_EQ(this->ResultsOf("r-old"), 0u);
  EXPECT_TRUE(absl::IsNotFound(this->jobs_.ChangesAfter(kFleet, JobId("r-old"), {}).status()));
  EXPECT_EQ(this->ResultsOf("r-new"), 1u);
  EXPECT_THAT(this->jobs_.ChangesAfter(kFleet, JobId("r-new"), {})->events, SizeIs(1));
  const auto after = this->fleet_.Load(kOwner);
  EXPECT_EQ(after->jobs, before->jobs);
  EXPECT_EQ(after->batches, before->batches);
  EXPECT_EQ(after->results.size(), before->results.size());
}

TYPED_TEST(RetentionContract, HidesARunAtOnceAndFreesItsKeyThoughItsRowsAreStillThere) {
  this->AddEnded("r-old", At(1), "nightly");
  EXPECT_EQ(this->Step().runs, 1u);
  EXPECT_TRUE(absl::IsNotFound(this->jobs_.GetJob(kFleet, JobId("r-old")).status()));
  EXPECT_EQ(*this->fleet_.FindRun(kOwner, RunKey("nightly")), std::nullopt);
  EXPECT_EQ(this->ResultsOf("r-old"), 1u);
  EXPECT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-again", "nightly")}).ok());
  this->RemoveAll();
  EXPECT_EQ(this->ResultsOf("r-old"), 0u);
  EXPECT_EQ(this->ResultsOf("r-again"), 1u);
}

TYPED_TEST(RetentionContract, TakesNoMoreThanAFewRowsInOneStep) {
  constexpr int kCases = 700;
  this->AddEnded("r-old", At(1), "", kCases);
  std::size_t left = this->ResultsOf("r-old");
  int steps = 0;
  for (; this->Step().more; ++steps) {
    const std::size_t now = this->ResultsOf("r-old");
    EXPECT_LE(left - now, 32u);
    left = now;
  }
  EXPECT_EQ(left, 0u);
  // 22 for the results, 3 each for events and batches, 1 each for the run, its shard, and what was still to be done.
  EXPECT_EQ(steps, 31);
}

TYPED_TEST(RetentionContract, RemovesAFewRunsInOneStep) {
  for (int i = 0; i < 40; ++i) this->AddEnded(fmt::format("r-{}", i), At(i));
  EXPECT_EQ(this->Step().runs, 32u);
  EXPECT_THAT(this->Kept(), SizeIs(8));
  this->RemoveAll();
  EXPECT_THAT(this->Kept(), IsEmpty());
}

TYPED_TEST(RetentionContract, KeepsAtMostSoManyRunsThatHaveEnded) {
  // In another order than that in which they were made.
  for (const auto& [id, ended] : {std::pair("r-1", 500), {"r-2", 300}, {"r-3", 400}}) this->AddEnded(id, At(ended));
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-open")}).ok());
  this->RemoveAll({At(1000), absl::InfinitePast(), 2, At(0)});
  EXPECT_THAT(this->Kept(), ElementsAre("r-open", "r-3", "r-1"));
}

TYPED_TEST(RetentionContract, KeepsEverythingIfItIsToldTo) {
  this->AddEnded("r-1", At(0));
  EXPECT_FALSE(this->Step({At(1000), absl::InfinitePast(), kManyRuns, absl::InfinitePast()}).more);
  EXPECT_THAT(this->Kept(), ElementsAre("r-1"));
}

TYPED_TEST(RetentionContract, LeavesOtherFleetsAlone) {
  const store::Ownership blue{FleetName("blue")};
  ASSERT_TRUE(this->owners_.Claim({blue.fleet, "test", {}, absl::Hours(1)}).ok());
  this->AddEnded("r-old", At(1));
  EXPECT_FALSE(this->retention_.RemoveSome(blue, OldOnes())->more);
  EXPECT_THAT(this->Kept(), ElementsAre("r-old"));
}

TYPED_TEST(RetentionContract, RemovesBundlesThatNoKeptRunRefersToAndNobodyUsedLately) {
  const std::string used = AJob("any").spec.bundle.value();
  ASSERT_TRUE(this->bundles_.PutBundle(BundleDigest(used), "used", At(0)).ok());
  ASSERT_TRUE(this->bundles_.PutBundle(BundleDigest("unused"), "unused", At(0)).ok());
  ASSERT_TRUE(this->bundles_.PutBundle(BundleDigest("fresh"), "fresh", At(50)).ok());
  ASSERT_TRUE(this->bundles_.PutBundle(BundleDigest("again"), "again", At(0)).ok());
  ASSERT_TRUE(this->bundles_.PutBundle(BundleDigest("again"), "again", At(60)).ok());
  this->AddEnded("r-1", At(200));
  this->RemoveAll();
  EXPECT_TRUE(this->HasBundle(used));
  EXPECT_FALSE(this->HasBundle("unused"));
  EXPECT_TRUE(this->HasBundle("fresh"));
  EXPECT_TRUE(this->HasBundle("again"));
  // With its last run, and a while after it was seen in use, it goes too.
  const Rule later{At(5000), At(4000), kManyRuns, At(3000)};
  this->RemoveAll(later);
  EXPECT_FALSE(this->HasBundle(used));
  EXPECT_FALSE(this->HasBundle("fresh"));
}

TYPED_TEST(RetentionContract, LooksAtEachBundleInUseOnceInAWhile) {
  for (int i = 0; i < 40; ++i) {
    WriteBatch batch;
    batch.jobs = {AJob(fmt::format("r-{}", i))};
    batch.jobs[0].spec.bundle = BundleDigest(fmt::format("b-{}", i));
    ASSERT_TRUE(this->bundles_.PutBundle(batch.jobs[0].spec.bundle, "suite", At(0)).ok());
    ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  }
  EXPECT_EQ(this->RemoveAll(), 2);
  EXPECT_EQ(this->RemoveAll(), 0);
  EXPECT_TRUE(this->HasBundle("b-39"));
}

}  // namespace
}  // namespace wsfleet::testing
