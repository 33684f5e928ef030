#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/records.h"
#include "tests/contract/stores.h"

// What store.h promises, asked of every store.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename Factory>
class StoreContract : public ::testing::Test {
 protected:
  Factory factory_;
  decltype(factory_.Open()) opened_ = factory_.Open();
  store::FleetStore& fleet_ = *opened_;
  store::JobReader& jobs_ = *opened_;
  store::BundleStore& bundles_ = *opened_;
  store::OwnerStore& owners_ = *opened_;
};
TYPED_TEST_SUITE(StoreContract, Stores);

TYPED_TEST(StoreContract, IsEmptyAtFirst) {
  const auto snapshot = this->fleet_.Load(kOwner);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_THAT(snapshot->jobs, IsEmpty());
  EXPECT_THAT(snapshot->agents, IsEmpty());
  EXPECT_EQ(snapshot->next_lease, LeaseId(1));
}

TYPED_TEST(StoreContract, GivesBackEveryMemberOfAJobAtWork) {
  const WriteBatch written = ABusyJob("r-1", "nightly");
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {written}).ok());
  const auto snapshot = this->fleet_.Load(kOwner);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->jobs, written.jobs);
  EXPECT_EQ(snapshot->shards, written.shards);
  EXPECT_EQ(snapshot->leases, written.leases);
  EXPECT_EQ(snapshot->batches, written.batches);
  EXPECT_EQ(snapshot->agents, written.agents);
  EXPECT_EQ(snapshot->next_lease, LeaseId(12));
  ASSERT_THAT(snapshot->results, SizeIs(1));
  EXPECT_EQ(snapshot->results[0].shard, written.results[0].shard);
  EXPECT_EQ(ToJson(snapshot->results[0].result), ToJson(written.results[0].result));
  ASSERT_THAT(snapshot->keys, SizeIs(1));
  EXPECT_EQ(snapshot->keys[0].job, JobId("r-1"));
  EXPECT_EQ(snapshot->keys[0].spec, written.jobs[0].spec);
}

TYPED_TEST(StoreContract, KeepsOfAnEndedJobItsKeyButNotItsSecrets) {
  WriteBatch batch = ABusyJob("r-1", "nightly");
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  WriteBatch ended;
  ended.jobs = batch.jobs;
  ended.jobs[0].state = JobState::kFailed;
  ended.jobs[0].verdict = JobVerdict::kFailed;
  ended.jobs[0].reasons = {"eu-west-1: 1 failed"};
  ended.jobs[0].finished = At(9);
  ended.jobs[0].spec.sealed_secrets.clear();
  ended.ended_leases = {LeaseId(11)};
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ended}).ok());
  const auto snapshot = this->fleet_.Load(kOwner);
  ASSERT_TRUE(snapshot.ok());
  EXPECT_THAT(snapshot->jobs, IsEmpty());
  EXPECT_THAT(snapshot->shards, IsEmpty());
  EXPECT_THAT(snapshot->leases, IsEmpty());
  EXPECT_THAT(snapshot->results, IsEmpty());
  ASSERT_THAT(snapshot->keys, SizeIs(1));
  const auto view = this->jobs_.GetJob(kFleet, JobId("r-1"));
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->job, ended.jobs[0]);
}

TYPED_TEST(StoreContract, WritesAllBatchesOfACommitOrNone) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1")}).ok());
  WriteBatch good;
  good.jobs = {AJob("r-2")};
  WriteBatch twice;
  twice.results = {AResult("r-1", "gate/health")};
  EXPECT_TRUE(absl::IsAlreadyExists(this->fleet_.Commit(kOwner, {good, twice})));
  EXPECT_TRUE(absl::IsNotFound(this->jobs_.GetJob(kFleet, JobId("r-2")).status()));
  // And it goes on working.
  EXPECT_TRUE(this->fleet_.Commit(kOwner, {good}).ok());
  EXPECT_TRUE(this->jobs_.GetJob(kFleet, JobId("r-2")).ok());
}

TYPED_TEST(StoreContract, RefusesASecondResultOfACase) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1")}).ok());
  WriteBatch other_attempt;
  other_attempt.results = {AResult("r-1", "gate/health")};
  other_attempt.results[0].attempt = 3;
  EXPECT_TRUE(absl::IsAlreadyExists(this->fleet_.Commit(kOwner, {other_attempt})));
  WriteBatch other_shard;
  other_shard.results = {AResult("r-1", "gate/health", 2)};
  EXPECT_TRUE(this->fleet_.Commit(kOwner, {other_shard}).ok());
}

TYPED_TEST(StoreContract, RefusesABatchNumberThatWasTaken) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1")}).ok());
  WriteBatch again;
  again.batches = {{{JobId("r-1"), ShardIndex(1)}, 2, BatchSeq(1)}};
  EXPECT_TRUE(absl::IsAlreadyExists(this->fleet_.Commit(kOwner, {again})));
  again.batches[0].attempt = 3;
  EXPECT_TRUE(this->fleet_.Commit(kOwner, {again}).ok());
}

TYPED_TEST(StoreContract, RefusesASecondJobOfARunKey) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1", "nightly")}).ok());
  WriteBatch same_key;
  same_key.jobs = {AJob("r-2", "nightly")};
  EXPECT_TRUE(absl::IsAlreadyExists(this->fleet_.Commit(kOwner, {same_key})));
  // Having no key is not a key.
  WriteBatch without;
  without.jobs = {AJob("r-3"), AJob("r-4")};
  EXPECT_TRUE(this->fleet_.Commit(kOwner, {without}).ok());
}

TYPED_TEST(StoreContract, ListsJobsNewestFirstByPages) {
  for (const char* id : {"r-1", "r-2", "r-3"}) {
    WriteBatch batch;
    batch.jobs = {AJob(id)};
    ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  }
  const auto ids = [&](std::uint32_t limit, const std::string& before) {
    std::vector<std::string> found;
    const auto page = this->jobs_.ListJobs(kFleet, limit, JobId(before));
    EXPECT_TRUE(page.ok()) << page.status();
    for (const JobRecord& job : *page) found.push_back(job.id.value());
    return found;
  };
  EXPECT_THAT(ids(2, ""), ElementsAre("r-3", "r-2"));
  EXPECT_THAT(ids(2, "r-2"), ElementsAre("r-1"));
}

TYPED_TEST(StoreContract, ReadsEventsAfterACursorWithTheirResults) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1")}).ok());
  const auto events = this->jobs_.EventsAfter(JobId("r-1"), 1, 10);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_THAT(*events, SizeIs(2));
  EXPECT_EQ((*events)[0].event.kind, JobEventRecord::Kind::kNote);
  EXPECT_FALSE((*events)[0].result.has_value());
  EXPECT_EQ((*events)[1].event.number, 3U);
  ASSERT_TRUE((*events)[1].result.has_value());
  EXPECT_EQ((*events)[1].result->result.case_id, CaseId("gate/health"));
  EXPECT_THAT(*this->jobs_.EventsAfter(JobId("r-1"), 0, 1), SizeIs(1));
  EXPECT_THAT(*this->jobs_.EventsAfter(JobId("r-1"), 3, 10), IsEmpty());
}

TYPED_TEST(StoreContract, ReadsResultsByShardInTheOrderOfCommit) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1")}).ok());
  WriteBatch more;
  more.results = {AResult("r-1", "gate/zebra", 2), AResult("r-1", "gate/apple", 1)};
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {more}).ok());
  const auto results = this->jobs_.Results(JobId("r-1"));
  ASSERT_TRUE(results.ok());
  std::vector<std::string> ids;
  for (const CaseResultRecord& record : *results) ids.push_back(record.result.case_id.value());
  EXPECT_THAT(ids, ElementsAre("gate/health", "gate/apple", "gate/zebra"));
}

TYPED_TEST(StoreContract, ForgetsAgentsThatAreRemoved) {
  WriteBatch batch;
  batch.agents = {AnAgent("eu-1"), AnAgent("eu-2")};
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  WriteBatch removal;
  removal.removed_agents = {AgentId("eu-1"), AgentId("eu-2")};
  removal.agents = {AnAgent("eu-2")};  // back again in the same turn
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {removal}).ok());
  EXPECT_EQ(this->fleet_.Load(kOwner)->agents, removal.agents);
}

TYPED_TEST(StoreContract, KeepsFleetsApart) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1", "nightly")}).ok());
  EXPECT_TRUE(absl::IsNotFound(this->jobs_.GetJob(FleetName("blue"), JobId("r-1")).status()));
  EXPECT_THAT(*this->jobs_.ListJobs(FleetName("blue"), 10, JobId()), IsEmpty());
  const store::Ownership blue{FleetName("blue")};
  ASSERT_TRUE(this->owners_.Claim({blue.fleet, "test", {}, absl::Hours(1)}).ok());
  EXPECT_THAT(this->fleet_.Load(blue)->jobs, IsEmpty());
  // The run key too.
  EXPECT_TRUE(this->fleet_.Commit(blue, {ABusyJob("r-2", "nightly")}).ok());
}

TYPED_TEST(StoreContract, TakesEveryTextThatAMessageCanHold) {
  WriteBatch batch = ABusyJob("r-1");
  batch.jobs[0].cancel_reason = std::string("a\0b \xE2\x98\x83 \x01", 8);
  batch.events[1].text = std::string("\0", 1);
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  EXPECT_EQ(this->jobs_.GetJob(kFleet, JobId("r-1"))->job.cancel_reason.front(), 'a');
}

TYPED_TEST(StoreContract, KeepsBundlesByDigest) {
  const BundleDigest digest("00ff");
  const std::string bytes("wsfleet-bundle 1\n\0\xff", 19);
  ASSERT_TRUE(this->bundles_.PutBundle(digest, bytes).ok());
  ASSERT_TRUE(this->bundles_.PutBundle(digest, bytes).ok());
  EXPECT_EQ(*this->bundles_.GetBundle(digest), bytes);
  EXPECT_TRUE(absl::IsNotFound(this->bundles_.GetBundle(BundleDigest("ff00")).status()));
}

}  // namespace
}  // namespace wsfleet::testing
