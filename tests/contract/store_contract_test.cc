#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/every_store.h"

// What store.h promises, asked of every store.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

TYPED_TEST_SUITE(StoreContract, EveryStore);

TYPED_TEST(StoreContract, IsEmptyAtFirst) {
  const auto snapshot = this->fleet_.Load(kOwner);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_THAT(snapshot->jobs, IsEmpty());
  EXPECT_THAT(snapshot->agents, IsEmpty());
  EXPECT_EQ(snapshot->next_lease, LeaseId(1));
}

TYPED_TEST(StoreContract, KeepsTheKillSwitchOfAFleetBesideWhatElseItIs) {
  EXPECT_EQ(this->fleet_.Load(kOwner)->kill_switch, KillSwitch{});
  WriteBatch lease;
  lease.next_lease = LeaseId(12);
  WriteBatch stop;
  stop.kill_switch = KillSwitch{true, "alice", "runaway \"load\"", At(5)};
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {lease, stop}).ok());
  const auto snapshot = this->fleet_.Load(kOwner);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->kill_switch, *stop.kill_switch);
  EXPECT_EQ(snapshot->next_lease, LeaseId(12));
  const auto fleets = this->owners_.ListFleets();
  ASSERT_TRUE(fleets.ok()) << fleets.status();
  for (const auto& facts : *fleets) {
    EXPECT_EQ(facts.kill_switch, facts.fleet.name == kOwner.fleet ? *stop.kill_switch : KillSwitch{});
  }
  stop.kill_switch = KillSwitch{false, "bob", "", At(6)};
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {stop}).ok());
  EXPECT_EQ(this->fleet_.Load(kOwner)->kill_switch, *stop.kill_switch);
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
  const auto known = this->fleet_.FindRun(kOwner, RunKey("nightly"));
  ASSERT_TRUE(known.ok() && known->has_value()) << known.status();
  EXPECT_EQ((*known)->job, JobId("r-1"));
  EXPECT_EQ((*known)->spec, written.jobs[0].spec);
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
  EXPECT_EQ((*this->fleet_.FindRun(kOwner, RunKey("nightly")))->job, JobId("r-1"));
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
  EXPECT_TRUE(absl::IsAlreadyExists(this->fleet_.Commit(kOwner, {good, twice}).status()));
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
  EXPECT_TRUE(absl::IsAlreadyExists(this->fleet_.Commit(kOwner, {other_attempt}).status()));
  WriteBatch other_shard;
  other_shard.results = {AResult("r-1", "gate/health", 2)};
  EXPECT_TRUE(this->fleet_.Commit(kOwner, {other_shard}).ok());
}

TYPED_TEST(StoreContract, RefusesABatchNumberThatWasTaken) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1")}).ok());
  WriteBatch again;
  again.batches = {{{JobId("r-1"), ShardIndex(1)}, 2, BatchSeq(1)}};
  EXPECT_TRUE(absl::IsAlreadyExists(this->fleet_.Commit(kOwner, {again}).status()));
  again.batches[0].attempt = 3;
  EXPECT_TRUE(this->fleet_.Commit(kOwner, {again}).ok());
}

TYPED_TEST(StoreContract, RefusesASecondJobOfARunKey) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1", "nightly")}).ok());
  WriteBatch same_key;
  same_key.jobs = {AJob("r-2", "nightly")};
  EXPECT_TRUE(absl::IsAlreadyExists(this->fleet_.Commit(kOwner, {same_key}).status()));
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

TYPED_TEST(StoreContract, ReadsWhatChangedAfterACursor) {
  WriteBatch batch = ABusyJob("r-1");
  batch.shards = {AShard("r-1", 1), AShard("r-1", 2)};
  batch.shards[0].changed = 3;
  batch.shards[1].changed = 2;
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  const auto after = [&](std::uint64_t event, std::uint64_t changed, std::uint64_t shard) {
    auto changes = this->jobs_.ChangesAfter(kFleet, JobId("r-1"), {event, changed, ShardIndex(shard)});
    EXPECT_TRUE(changes.ok()) << changes.status();
    return *std::move(changes);
  };
  const auto some = after(1, 2, 2);
  EXPECT_EQ(some.job, batch.jobs[0]);
  ASSERT_THAT(some.events, SizeIs(2));
  EXPECT_EQ(some.events[0].event.kind, JobEventRecord::Kind::kNote);
  EXPECT_FALSE(some.events[0].result.has_value());
  EXPECT_EQ(some.events[1].event.number, 3U);
  ASSERT_TRUE(some.events[1].result.has_value());
  EXPECT_EQ(some.events[1].result->taken.result.case_id, CaseId("gate/health"));
  EXPECT_EQ(some.events[1].result->region, batch.shards[0].region);
  EXPECT_THAT(some.shards, ElementsAre(batch.shards[0]));
  EXPECT_TRUE(some.is_all);

  const auto all = after(0, 0, 0);
  EXPECT_THAT(all.events, SizeIs(3));
  EXPECT_THAT(all.shards, ElementsAre(batch.shards[1], batch.shards[0])) << "in the order in which they changed";
  const auto none = after(3, 3, 1);
  EXPECT_THAT(none.events, IsEmpty());
  EXPECT_THAT(none.shards, IsEmpty());
  EXPECT_TRUE(none.is_all);
  EXPECT_TRUE(absl::IsNotFound(this->jobs_.ChangesAfter(FleetName("blue"), JobId("r-1"), {}).status()));
}

TYPED_TEST(StoreContract, ReadsWhatChangedInPagesEventsFirst) {
  constexpr std::uint64_t kMany = 1200;
  WriteBatch batch;
  batch.jobs = {AJob("r-1")};
  for (std::uint64_t i = 1; i <= kMany; ++i) {
    batch.events.push_back(AnEvent("r-1", i));
    batch.shards.push_back(AShard("r-1", i));
    batch.shards.back().changed = i / 2;
  }
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  store::JobReader::ChangeCursor cursor;
  std::vector<std::uint64_t> events, shards;
  for (bool is_all = false; !is_all;) {
    const auto changes = this->jobs_.ChangesAfter(kFleet, JobId("r-1"), cursor);
    ASSERT_TRUE(changes.ok()) << changes.status();
    for (const auto& view : changes->events) events.push_back(cursor.event = view.event.number);
    EXPECT_TRUE(changes->shards.empty() || events.size() == kMany);
    for (const ShardRecord& shard : changes->shards) {
      shards.push_back(shard.id.index.value());
      cursor.changed = shard.changed;
      cursor.shard = shard.id.index;
    }
    ASSERT_LE(changes->events.size(), kMany / 2) << "a page";
    ASSERT_LE(changes->shards.size(), kMany / 2) << "a page";
    is_all = changes->is_all;
  }
  std::vector<std::uint64_t> expected(kMany);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(events, expected);
  EXPECT_EQ(shards, expected);
}

TYPED_TEST(StoreContract, ReadsResultsByShardInTheOrderOfCommit) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1")}).ok());
  WriteBatch more;
  more.results = {AResult("r-1", "gate/zebra", 2), AResult("r-1", "gate/apple", 1)};
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {more}).ok());
  const auto results = this->jobs_.ResultsAfter(JobId("r-1"), {});
  ASSERT_TRUE(results.ok());
  std::vector<std::string> ids;
  for (const auto& view : *results) ids.push_back(view.taken.result.case_id.value());
  EXPECT_THAT(ids, ElementsAre("gate/health", "gate/apple", "gate/zebra"));
  const auto rest = this->jobs_.ResultsAfter(JobId("r-1"), {ShardIndex(1), (*results)[0].number});
  ASSERT_TRUE(rest.ok());
  EXPECT_THAT(*rest, SizeIs(2));
  EXPECT_THAT(*this->jobs_.ResultsAfter(JobId("r-1"), {ShardIndex(2), (*results)[2].number}), IsEmpty());
}

TYPED_TEST(StoreContract, ReadsLargeResultsAFewAtATime) {
  WriteBatch batch = ABusyJob("r-1");
  for (int i = 0; i < 20; ++i) {
    CaseResultRecord large = AResult("r-1", "gate/large-" + std::to_string(i), 1);
    large.result.warnings = {std::string(150'000, 'x')};
    batch.results.push_back(std::move(large));
  }
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  const auto page = this->jobs_.ResultsAfter(JobId("r-1"), {});
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(*page, SizeIs(AllOf(Ge(5U), Lt(12U))));
}

TYPED_TEST(StoreContract, ListsNothingAfterARunThatIsNotThere) {
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1")}).ok());
  EXPECT_TRUE(absl::IsNotFound(this->jobs_.ListJobs(kFleet, 10, JobId("r-9")).status()));
}

TYPED_TEST(StoreContract, ListsFleetsWithTheirOwnersAgentsAndOpenRuns) {
  ASSERT_TRUE(this->owners_.CreateFleet(FleetName("blue")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(this->owners_.CreateFleet(FleetName("blue"))));
  ASSERT_TRUE(this->owners_.CreateFleet(kFleet).ok());
  ASSERT_TRUE(this->owners_.Claim({kFleet, "test", {"a:7420", "a:7421"}, absl::Hours(1)}).ok());
  WriteBatch ended;
  ended.jobs = {AnEndedJob("r-0", At(1))};
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {ABusyJob("r-1"), ended}).ok());
  const auto fleets = this->owners_.ListFleets();
  ASSERT_TRUE(fleets.ok()) << fleets.status();
  ASSERT_THAT(*fleets, SizeIs(2));
  EXPECT_EQ((*fleets)[0].fleet.name, FleetName("blue"));
  EXPECT_EQ((*fleets)[0].open_jobs + (*fleets)[0].agents, 0u);
  EXPECT_EQ((*fleets)[1].fleet.name, kFleet);
  EXPECT_EQ((*fleets)[1].fleet.owner.replica, "test");
  EXPECT_EQ((*fleets)[1].fleet.owner.addresses.clients, "a:7421");
  EXPECT_GT((*fleets)[1].fleet.owner.left, absl::ZeroDuration());
  EXPECT_EQ((*fleets)[1].open_jobs, 1u);
  EXPECT_EQ((*fleets)[1].agents, 1u);
}

TYPED_TEST(StoreContract, HasALimitOfFleets) {
  for (std::uint32_t i = 0; i < store::OwnerStore::kMaxFleets; ++i) {
    ASSERT_TRUE(this->owners_.CreateFleet(FleetName("f-" + std::to_string(i))).ok()) << i;
  }
  EXPECT_TRUE(absl::IsResourceExhausted(this->owners_.CreateFleet(FleetName("one-more"))));
  EXPECT_TRUE(absl::IsAlreadyExists(this->owners_.CreateFleet(FleetName("f-0"))));
}

TYPED_TEST(StoreContract, RemembersThatAnAgentIsDrained) {
  WriteBatch batch;
  batch.agents = {AnAgent("eu-1")};
  batch.agents[0].drained = true;
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  EXPECT_EQ(this->fleet_.Load(kOwner)->agents, batch.agents);
  batch.agents[0].drained = false;
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  EXPECT_EQ(this->fleet_.Load(kOwner)->agents, batch.agents);
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
  EXPECT_EQ(*this->fleet_.FindRun(blue, RunKey("nightly")), std::nullopt);
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
  ASSERT_TRUE(this->bundles_.PutBundle(digest, bytes, At(0)).ok());
  ASSERT_TRUE(this->bundles_.PutBundle(digest, bytes, At(0)).ok());
  EXPECT_EQ(*this->bundles_.GetBundle(digest), bytes);
  EXPECT_TRUE(absl::IsNotFound(this->bundles_.GetBundle(BundleDigest("ff00")).status()));
}

}  // namespace
}  // namespace wsfleet::testing
