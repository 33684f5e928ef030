#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coordinator/store/postgres/postgres_connection.h"
#include "coordinator/store/postgres/postgres_store.h"
#include "coordinator/store/postgres/postgres_url.h"
#include "coordinator/store/refusal.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/records.h"
#include "tests/support/postgres_server.h"
#include "tests/support/status_message.h"

// What only a server that is shared can suffer.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

store::OwnerStore::ClaimRequest By(const std::string& replica, absl::Duration time = absl::Hours(1)) {
  return {kFleet, replica, {replica + ":7420", replica + ":7421"}, time};
}

class PostgresStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<store::PostgresStore> Open() { return store::PostgresStore::Open(database_.url()).value(); }

  PostgresDatabase database_;
};

TEST_F(PostgresStoreTest, BelongsToTheFirstWhoClaimsItUntilItsTimeIsOver) {
  const auto one = Open();
  const auto two = Open();
  const auto mine = one->Claim(By("a", absl::Milliseconds(500)));
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(mine->replica, "a");
  EXPECT_EQ(mine->epoch, 1u);
  EXPECT_GT(mine->left, absl::ZeroDuration());
  const auto others = two->Claim(By("b"));
  EXPECT_EQ(others->replica, "a");
  EXPECT_EQ(others->addresses.clients, "a:7421");
  EXPECT_EQ(one->Claim(By("a", absl::Milliseconds(500)))->epoch, 1u);
  ASSERT_TRUE(WaitUntil([&] { return two->Claim(By("b"))->replica == "b"; }));
  EXPECT_EQ(two->Claim(By("b"))->epoch, 2u);
  EXPECT_EQ(one->Claim(By("a"))->replica, "b");
}

TEST_F(PostgresStoreTest, WaitsForTheDiskAlthoughTheDatabaseIsSetNotTo) {
  database_.Execute(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$");
  const auto connection = store::PostgresConnection::Open(database_.url());
  ASSERT_TRUE(connection.ok()) << connection.status();
  store::Statement statement = (*connection)->Prepare("SELECT current_setting('synchronous_commit')");
  ASSERT_TRUE(*statement.Step());
  EXPECT_EQ(statement.Text(0), "on");
}

TEST_F(PostgresStoreTest, GivesANewEpochEvenToWhoLetItExpire) {
  const auto one = Open();
  ASSERT_EQ(one->Claim(By("a", absl::Milliseconds(1)))->epoch, 1u);
  EXPECT_TRUE(WaitUntil([&] { return one->Claim(By("a", absl::Milliseconds(1)))->epoch > 1u; }));
}

TEST_F(PostgresStoreTest, IsFreeAtOnceWhenItWasReleased) {
  const auto one = Open();
  const auto two = Open();
  const auto mine = one->Claim(By("a"));
  ASSERT_TRUE(one->Release({kFleet, mine->epoch}).ok());
  EXPECT_EQ(two->Claim(By("b"))->replica, "b");
  // Too late: it is another's.
  ASSERT_TRUE(one->Release({kFleet, mine->epoch}).ok());
  EXPECT_EQ(one->Claim(By("a"))->replica, "b");
}

TEST_F(PostgresStoreTest, TakesNoCommitOfAFormerOwner) {
  const auto one = Open();
  const auto two = Open();
  const auto mine = one->Claim(By("a"));
  const store::Ownership former{kFleet, mine->epoch};
  ASSERT_TRUE(one->Commit(former, {ABusyJob("r-1")}).ok());
  ASSERT_TRUE(one->Release(former).ok());
  const store::Ownership current{kFleet, two->Claim(By("b"))->epoch};
  WriteBatch late;
  late.jobs = {AJob("r-2")};
  EXPECT_TRUE(absl::IsAborted(one->Commit(former, {late}).status()));
  EXPECT_TRUE(absl::IsAborted(one->Load(former).status()));
  EXPECT_TRUE(absl::IsAborted(one->FindRun(former, RunKey("nightly")).status()));
  EXPECT_TRUE(absl::IsAborted(one->RemoveSome(former, {At(9), At(9), 1, At(9)}).status()));
  EXPECT_THAT(two->Load(current)->jobs, SizeIs(1));
  EXPECT_TRUE(two->Commit(current, {late}).ok());
}

// It may be stopped, or cut off, in the middle of a commit, which holds the owner's row.
TEST_F(PostgresStoreTest, IsTakenOverFromAnOwnerThatStopsInTheMiddleOfATransaction) {
  const auto one = Open();
  const auto two = Open();
  ASSERT_TRUE(one->Claim(By("a", absl::Milliseconds(1))).ok());
  const auto stopped = store::PostgresConnection::Open(database_.url()).value();
  ASSERT_TRUE(stopped->Begin(store::Connection::Access::kWrite).ok());
  ASSERT_TRUE(stopped->Execute("SELECT 1 FROM fleet_owner FOR SHARE").ok());
  EXPECT_TRUE(WaitUntil([&] {
    const auto owner = two->Claim(By("b"));
    return owner.ok() && owner->replica == "b";
  }));
}

// As SQLite would take it; nothing that is checked before lets it come so far.
TEST_F(PostgresStoreTest, SaysOfWhichRunARowIsThatItCanNeverHold) {
  const auto one = Open();
  const store::Ownership owner{kFleet, one->Claim(By("a"))->epoch};
  ASSERT_TRUE(one->Commit(owner, {ABusyJob("r-1")}).ok());
  WriteBatch batch;
  batch.jobs = {AJob("r-2")};
  batch.results = {AResult("r-1", "gate/\xFF is no UTF-8")};
  const absl::Status refused = one->Commit(owner, {batch}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_EQ(store::RefusedJob(refused), JobId("r-1"));
  batch.results.clear();
  EXPECT_TRUE(one->Commit(owner, {batch}).ok()) << "the connection is good for others";
}

TEST_F(PostgresStoreTest, IsMigratedByOneOfManyThatStartAtOnce) {
  std::vector<std::thread> threads;
  std::vector<absl::Status> statuses(8);
  for (absl::Status& status : statuses) {
    threads.emplace_back([&] { status = store::PostgresStore::Open(database_.url()).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
}

TEST_F(PostgresStoreTest, IsRefusedIfItIsOfANewerProgram) {
  Open();
  database_.Execute("INSERT INTO migration VALUES (1000, 'from the future', '9.9.9')");
  const auto status = store::PostgresStore::Open(database_.url()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr("schema is version 1000"));
  EXPECT_THAT(Message(status), HasSubstr("run a newer wsfleet-coordinator"));
}

TEST_F(PostgresStoreTest, IsRefusedIfItIsTheDatabaseOfAnotherProgram) {
  database_.Execute("CREATE TABLE photos (name TEXT)");
  const auto status = store::PostgresStore::Open(database_.url()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr("another program"));
}

TEST_F(PostgresStoreTest, OfAnEarlierVersionKeepsTheBundlesOfItsRuns) {
  const std::string digest = AJob("r-1").spec.bundle.value();
  {
    const auto one = Open();
    const store::Ownership owner{kFleet, one->Claim(By("a"))->epoch};
    ASSERT_TRUE(one->PutBundle(BundleDigest(digest), "suite", At(0)).ok());
    ASSERT_TRUE(one->Commit(owner, {ABusyJob("r-1")}).ok());
  }
  database_.Execute(
      "ALTER TABLE job DROP COLUMN begun, DROP COLUMN begun_clock; "
      "ALTER TABLE replica DROP COLUMN since; ALTER TABLE case_result DROP COLUMN kept; DROP INDEX fleet_owner_term; "
      "DROP INDEX case_result_of_case; ALTER "
      "TABLE case_result ADD UNIQUE (job, shard, "
      "case_id); "
      "ALTER TABLE job DROP COLUMN bundle; DROP INDEX job_ended; ALTER TABLE agent DROP COLUMN drained; "
      "DROP TABLE removed_job; DROP TABLE bundle_use; ALTER TABLE shard DROP COLUMN changed; "
      "DROP INDEX case_result_of_shard; DROP TABLE tick; DROP TABLE schedule; DROP TABLE token; "
      "DROP TABLE token_version; DROP TABLE audit; DROP TABLE audit_class; DROP TABLE join_token; DROP TABLE "
      "join_token_use; "
      "DROP TABLE revocation; DROP TABLE fleet_policy; DROP TABLE budget; DROP TABLE budget_limit; DROP TABLE "
      "budget_share; ALTER TABLE shard DROP COLUMN past_leases; "
      "ALTER TABLE fleet DROP COLUMN stopped, DROP COLUMN switched_by, DROP COLUMN stop_reason, DROP COLUMN switched; "
      "DELETE FROM migration WHERE number > 1");
  const auto one = Open();
  const store::Ownership owner{kFleet, one->Claim(By("a"))->epoch};
  while (one->RemoveSome(owner, {At(1000), At(0), 1000, At(500)})->more) {
  }
  EXPECT_TRUE(one->GetBundle(BundleDigest(digest)).ok());
}

TEST_F(PostgresStoreTest, OfAnEarlierVersionKeepsItsChangesAndNotItsRefusals) {
  AuditRecord change, stranger;
  change.principal = "ci";
  stranger.outcome = AuditOutcome::kDenied;
  {
    const auto one = Open();
    ASSERT_TRUE(one->AppendAudit({change, change, stranger, stranger, stranger}).ok());
  }
  database_.Execute(
      "ALTER TABLE job DROP COLUMN begun, DROP COLUMN begun_clock; "
      "ALTER TABLE replica DROP COLUMN since; ALTER TABLE case_result DROP COLUMN kept; DROP INDEX fleet_owner_term; "
      "DROP INDEX audit_of_class; ALTER TABLE "
      "audit DROP COLUMN class; ALTER TABLE audit "
      "DROP COLUMN place; "
      "DROP TABLE audit_class; DELETE FROM migration WHERE number > 11");
  const auto one = Open();
  ASSERT_TRUE(one->AppendAudit({change, stranger}).ok());
  while (*one->RemoveAudit(absl::InfinitePast(), {.changes = 3, .refusals = 1}) != 0) {
  }
  EXPECT_THAT(*one->ListAudit({.limit = 10}),
              ElementsAre(Field(&AuditRecord::principal, ""), Field(&AuditRecord::principal, "ci"),
                          Field(&AuditRecord::principal, "ci"), Field(&AuditRecord::principal, "ci")));
}

TEST_F(PostgresStoreTest, GivesNoMoreSharesOfABudgetThanThereAreToFleetsThatReserveAtOnce) {
  const BudgetName chat("chat"), lab("lab");
  std::atomic<int> granted = 0, denied = 0;
  const auto reserve = [&](const std::string& fleet, bool backwards) {
    const auto store = Open();
    if (FleetName(fleet) != kFleet) {
      EXPECT_TRUE(store->CreateFleet(FleetName(fleet)).ok());
    }
    const store::Ownership owner{FleetName(fleet), store->Claim({FleetName(fleet), fleet, {}, absl::Hours(1)})->epoch};
    WriteBatch first;
    first.budgets = {{chat, 25, 100}, {lab, 1000, 1000}};
    EXPECT_TRUE(store->Commit(owner, {first}).ok());
    for (std::uint64_t id = 1; id <= 40; ++id) {
      LeaseRecord lease{LeaseId(id), {JobId("r-1"), ShardIndex(id)}, 1, AgentId(fleet), BootId("00ff"), {}};
      lease.shares = {{chat, 1, 1}, {lab, 1, 1}};
      // Whatever order leases name them in, nobody waits for each other.
      if (backwards) std::swap(lease.shares.front(), lease.shares.back());
      WriteBatch batch;
      batch.leases = {lease};
      const auto outcomes = store->Commit(owner, {batch});
      ASSERT_TRUE(outcomes.ok()) << outcomes.status();
      (outcomes->front().denied.empty() ? granted : denied)++;
    }
  };
  std::thread blue([&] { reserve("blue", true); });
  reserve(kFleet.value(), false);
  blue.join();
  EXPECT_EQ(granted, 25);
  EXPECT_EQ(denied, 55);
}

TEST_F(PostgresStoreTest, GoesOnWhenItsConnectionsWereCut) {
  const auto one = Open();
  const store::Ownership owner{kFleet, one->Claim(By("a"))->epoch};
  ASSERT_TRUE(one->Commit(owner, {ABusyJob("r-1")}).ok());
  database_.Execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wsfleet-coordinator' AND "
      "datname = current_database()");
  // Whoever was cut off is told so once.
  WriteBatch second;
  second.jobs = {AJob("r-2")};
  EXPECT_TRUE(absl::IsUnavailable(one->Commit(owner, {second}).status()));
  EXPECT_TRUE(absl::IsUnavailable(one->GetJob(kFleet, JobId("r-1")).status()));
  EXPECT_TRUE(one->Commit(owner, {second}).ok());
  EXPECT_TRUE(one->GetJob(kFleet, JobId("r-1")).ok());
}

TEST(PostgresUrl, IsShownWithoutItsPasswords) {
  const std::string shown =
      store::WithoutPassword("postgres://ada:s3cret@db.example:5433/fleet?sslpassword=t0p&sslmode=require");
  EXPECT_THAT(shown, HasSubstr("host=db.example"));
  EXPECT_THAT(shown, HasSubstr("user=ada"));
  EXPECT_THAT(shown, Not(HasSubstr("s3cret")));
  EXPECT_THAT(shown, Not(HasSubstr("t0p")));
  EXPECT_EQ(store::WithoutPassword("postgres://ada:s3cret@[broken"), "postgres://…");
}

TEST(PostgresUrl, ThatCannotBeReadSaysHowToWriteItWithoutAnyPartOfIt) {
  const auto refusal = [](const std::string& url) {
    const auto status = store::PostgresStore::Open(url).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    for (const char* part : {"hun", "ter2", "db.example"}) EXPECT_THAT(Message(status), Not(HasSubstr(part)));
    EXPECT_THAT(store::WithoutPassword(url), Not(HasSubstr("ter2")));
    return Message(status);
  };
  EXPECT_THAT(refusal("postgres://ada:hun%zzter2@db.example/fleet"), HasSubstr("a % is written %25"));
  EXPECT_THAT(refusal("postgres://ada:hunter2%@db.example/fleet"), HasSubstr("a % is written %25"));
  EXPECT_THAT(refusal("postgres://ada:hun@ter2@db.example/fleet"), HasSubstr("a @ is written %40"));
  EXPECT_THAT(refusal("postgres://ada:x?hun@ter2@db.example/fleet"), HasSubstr("a @ is written %40"));
  EXPECT_THAT(refusal("postgres://ada:hun/ter2@db.example/fleet"), HasSubstr("a / %2F"));
  EXPECT_THAT(refusal("postgres://ada:hunter2@db.example/fleet?sslmood=ter2"), HasSubstr("%XX"));
  EXPECT_THAT(refusal("postgres://ada:hun%00ter2@db.example/fleet"), HasSubstr("%XX"));
  for (const char* good :
       {"postgres://ada:hun%25zz%40@db.example/fleet", "postgresql:///fleet?user=ada@corp&host=/run/postgresql",
        "postgres://ada@[::1]:5432,db2.example/fleet", "postgres://ada:a?b#c@db.example"}) {
    EXPECT_TRUE(store::CheckPostgresUrl(good).ok()) << good;
  }
}

TEST(PostgresUrl, ThatNobodyAnswersSaysSoWithoutItsPassword) {
  const auto status = store::PostgresStore::Open("postgres://ada:s3cret@127.0.0.1:1/fleet").status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(Message(status), HasSubstr("127.0.0.1"));
  EXPECT_THAT(Message(status), Not(HasSubstr("s3cret")));
}

TEST_F(PostgresStoreTest, GivesTheLastUseOfAJoinTokenToOneAgentWhicheverReplicasTheyAsk) {
  const auto first = Open();
  ASSERT_TRUE(first->CreateFleet(kFleet).ok());
  store::JoinToken token{"t-1", "hash", kFleet, RegionName("eu-west-1"), PoolName("edge"), 1, 0, At(0), At(1000)};
  ASSERT_TRUE(first->AddJoinToken(token).ok());
  std::atomic<int> let_in = 0, used_up = 0;
  {
    std::vector<std::jthread> replicas;
    for (int i = 0; i < 6; ++i) {
      replicas.emplace_back([this, i, &let_in, &used_up] {
        const auto replica = Open();
        const absl::Status status = replica->UseJoinToken({"t-1", "key-" + std::to_string(i), "host", At(1)}).status();
        if (status.ok()) ++let_in;
        if (absl::IsFailedPrecondition(status)) ++used_up;
      });
    }
  }
  EXPECT_EQ(let_in, 1);
  EXPECT_EQ(used_up, 5);
  EXPECT_EQ(first->FindJoinToken("t-1")->used, 1u);
}

}  // namespace
}  // namespace wsfleet::testing
