#include <string>
#include <thread>

#include "coordinator/store/postgres/postgres_connection.h"
#include "coordinator/store/postgres/postgres_store.h"
#include "coordinator/store/sql/migrations.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/records.h"
#include "tests/support/postgres_server.h"

// Owners, while commits take their time and rows are locked.
namespace wsfleet::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const FleetName kOtherFleet("zeta");

store::OwnerStore::ClaimRequest ClaimBy(const std::string& replica, absl::Duration time,
                                        const FleetName& fleet = kFleet) {
  return {fleet, replica, {}, time};
}

class PostgresOwnerTest : public ::testing::Test {
 protected:
  PostgresOwnerTest() {
    EXPECT_TRUE(one_->CreateFleet(kFleet).ok());
    EXPECT_TRUE(one_->CreateFleet(kOtherFleet).ok());
    // However long the test takes.
    EXPECT_TRUE(locker_->Execute("SET idle_in_transaction_session_timeout = 0").ok());
  }

  std::unique_ptr<store::PostgresStore> Open() { return store::PostgresStore::Open(database_.url()).value(); }

  // As long as it takes somebody else to let go.
  void Lock(const std::string& sql) {
    ASSERT_TRUE(locker_->Begin(store::Connection::Access::kWrite).ok());
    ASSERT_TRUE(locker_->Execute(sql).ok());
  }
  void Unlock() { EXPECT_TRUE(locker_->Execute("ROLLBACK").ok()); }

  // Begins a commit that does not end before Unlock().
  std::thread CommitWaits(const store::Ownership& owner, absl::Status& status) {
    Lock("LOCK TABLE job IN ACCESS EXCLUSIVE MODE");
    std::thread commit([this, owner, &status] { status = one_->Commit(owner, {ABusyJob("r-1")}).status(); });
    EXPECT_TRUE(WaitUntil([this] {
      const auto waiting =
          store::ReadNumber(*locker_, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'job'::regclass");
      return waiting.ok() && *waiting == 1;
    }));
    return commit;
  }

  absl::Duration LeftOf(const FleetName& fleet) {
    const auto survey = one_->Survey("a", absl::Hours(1));
    EXPECT_TRUE(survey.ok()) << survey.status();
    for (const auto& known : survey->fleets) {
      if (known.name == fleet) return known.owner.left;
    }
    return absl::ZeroDuration();
  }

  PostgresDatabase database_;
  std::unique_ptr<store::PostgresStore> one_ = Open();
  std::unique_ptr<store::PostgresConnection> locker_ = store::PostgresConnection::Open(database_.url()).value();
};

TEST_F(PostgresOwnerTest, ExtendsWhatItHasWhileACommitTakesItsTime) {
  const store::Ownership owner{kFleet, one_->Claim(ClaimBy("a", absl::Minutes(10)))->epoch};
  absl::Status committed;
  std::thread commit = CommitWaits(owner, committed);
  const auto extended = one_->Extend("a", absl::Hours(1));
  ASSERT_TRUE(extended.ok()) << extended.status();
  ASSERT_THAT(*extended, SizeIs(1));
  EXPECT_EQ(extended->front().name, kFleet);
  EXPECT_EQ(extended->front().owner.epoch, owner.epoch);
  EXPECT_EQ(extended->front().owner.left, absl::Hours(1));
  EXPECT_GT(LeftOf(kFleet), absl::Minutes(50));
  Unlock();
  commit.join();
  EXPECT_TRUE(committed.ok()) << committed;
}

TEST_F(PostgresOwnerTest, ExtendsWhatItHasAlthoughOneOfItsRowsIsLocked) {
  ASSERT_TRUE(one_->Claim(ClaimBy("a", absl::Minutes(10))).ok());
  ASSERT_TRUE(one_->Claim(ClaimBy("a", absl::Minutes(10), kOtherFleet)).ok());
  Lock("SELECT 1 FROM fleet_owner WHERE fleet = 'zeta' FOR UPDATE");
  const auto extended = one_->Extend("a", absl::Hours(1));
  ASSERT_TRUE(extended.ok()) << extended.status();
  ASSERT_THAT(*extended, SizeIs(1));
  EXPECT_EQ(extended->front().name, kFleet);
  EXPECT_LE(LeftOf(kOtherFleet), absl::Minutes(10));
  Unlock();
  EXPECT_THAT(*one_->Extend("a", absl::Hours(1)), SizeIs(2));
}

TEST_F(PostgresOwnerTest, CountsTheReplicasThatHaveLivedForATerm) {
  const absl::Duration term = absl::Seconds(30);
  const auto survey = one_->Survey("a", term);
  ASSERT_TRUE(survey.ok()) << survey.status();
  EXPECT_TRUE(survey->is_new);
  EXPECT_EQ(survey->other_replicas, 0u);
  // One that stays, one that has come, one that is gone, and one that was noted while the clock was an hour ahead.
  ASSERT_TRUE(locker_
                  ->Execute("INSERT INTO replica (name, since, expires) VALUES "
                            "('stays', now() - interval '1 minute', now() + interval '30 s'), "
                            "('came', now(), now() + interval '30 s'), "
                            "('gone', now() - interval '1 minute', now() - interval '1 s'), "
                            "('ahead', now() + interval '1 hour', now() + interval '61 minutes'); "
                            "UPDATE replica SET since = now() - interval '1 minute' WHERE name = 'a'")
                  .ok());
  const auto later = one_->Survey("a", term);
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_FALSE(later->is_new);
  EXPECT_EQ(later->other_replicas, 1u);
  EXPECT_TRUE(one_->Leave("stays").ok());
  EXPECT_EQ(one_->Survey("a", term)->other_replicas, 0u);
  EXPECT_EQ(*store::ReadNumber(*locker_, "SELECT count(*) FROM replica"), 2) << "it, and the one that came";
}

// Its row lasts until a term after its last sign of life.
TEST_F(PostgresOwnerTest, CountsAtNoTimeAReplicaWhoseProcessLivedForLessThanATerm) {
  const absl::Duration term = absl::Seconds(30);
  // They were killed after 10 s, and this is seen 1 s, 19 s, 21 s and 29 s later; the last one had lived for 31 s.
  ASSERT_TRUE(locker_
                  ->Execute("INSERT INTO replica (name, since, expires) VALUES "
                            "('1', now() - interval '11 s', now() + interval '29 s'), "
                            "('19', now() - interval '29 s', now() + interval '11 s'), "
                            "('21', now() - interval '31 s', now() + interval '9 s'), "
                            "('29', now() - interval '39 s', now() + interval '1 s'), "
                            "('silent', now() - interval '60 s', now() + interval '1 s')")
                  .ok());
  const auto survey = one_->Survey("a", term);
  ASSERT_TRUE(survey.ok()) << survey.status();
  EXPECT_EQ(survey->other_replicas, 0u);
}

TEST_F(PostgresOwnerTest, CountsAReplicaAnewWhereTheClockWasSetBackSinceItCame) {
  const absl::Duration term = absl::Seconds(30);
  ASSERT_TRUE(locker_
                  ->Execute("INSERT INTO replica (name, since, expires) VALUES "
                            "('a', now() + interval '1 hour', now() + interval '61 minutes')")
                  .ok());
  EXPECT_TRUE(one_->Survey("a", term)->is_new);
  EXPECT_EQ(*store::ReadNumber(*locker_, "SELECT count(*) FROM replica WHERE since <= clock_timestamp()"), 1);
}

TEST_F(PostgresOwnerTest, ExtendsNothingThatIsAnothersOrHasRunOut) {
  ASSERT_TRUE(one_->Claim(ClaimBy("b", absl::Hours(1))).ok());
  ASSERT_TRUE(one_->Claim(ClaimBy("a", absl::Milliseconds(1), kOtherFleet)).ok());
  ASSERT_TRUE(WaitUntil([this] { return LeftOf(kOtherFleet) <= absl::ZeroDuration(); }));
  EXPECT_THAT(*one_->Extend("a", absl::Hours(1)), IsEmpty());
}

TEST_F(PostgresOwnerTest, IsTakenOverWhenACommitOfTheFormerOwnerHasEndedAndNotBefore) {
  const store::Ownership former{kFleet, one_->Claim(ClaimBy("a", absl::Milliseconds(1)))->epoch};
  absl::Status committed;
  std::thread commit = CommitWaits(former, committed);
  const auto two = Open();
  ASSERT_TRUE(WaitUntil([this] { return LeftOf(kFleet) <= absl::ZeroDuration(); }));
  const auto meanwhile = two->Claim(ClaimBy("b", absl::Hours(1)));
  ASSERT_TRUE(meanwhile.ok()) << "nor is it waited for: " << meanwhile.status();
  EXPECT_EQ(meanwhile->replica, "a");
  EXPECT_LE(meanwhile->left, absl::ZeroDuration());
  Unlock();
  commit.join();
  EXPECT_TRUE(committed.ok()) << committed;
  const auto taken = two->Claim(ClaimBy("b", absl::Hours(1)));
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->replica, "b");
  EXPECT_EQ(taken->epoch, former.epoch + 1);
  EXPECT_THAT(two->Load({kFleet, taken->epoch})->jobs, SizeIs(1)) << "what was committed is seen by the next";
}

// While replicas are replaced one after the other, some are of the version before.
TEST_F(PostgresOwnerTest, IsNotTakenOverDuringACommitByAReplicaOfTheVersionBeforeEither) {
  const store::Ownership former{kFleet, one_->Claim(ClaimBy("a", absl::Milliseconds(1)))->epoch};
  absl::Status committed;
  std::thread commit = CommitWaits(former, committed);
  ASSERT_TRUE(WaitUntil([this] { return LeftOf(kFleet) <= absl::ZeroDuration(); }));
  const auto before =
      store::PostgresConnection::Open(database_.url(), {.answer = absl::Seconds(15), .lock = absl::Milliseconds(300)})
          .value();
  const absl::Status refused = before->Execute(
      "INSERT INTO fleet_owner (fleet, replica, agent_address, client_address, epoch, expires) "
      "VALUES ('default', 'b', '', '', 1, clock_timestamp() + interval '1 hour') "
      "ON CONFLICT (fleet) DO UPDATE SET replica = excluded.replica, agent_address = excluded.agent_address, "
      "client_address = excluded.client_address, expires = excluded.expires, epoch = fleet_owner.epoch + "
      "CASE WHEN fleet_owner.replica = excluded.replica AND fleet_owner.expires > clock_timestamp() "
      "THEN 0 ELSE 1 END "
      "WHERE fleet_owner.replica = excluded.replica OR fleet_owner.expires <= clock_timestamp()");
  EXPECT_TRUE(absl::IsUnavailable(refused)) << "it waits: " << refused;
  Unlock();
  commit.join();
  EXPECT_TRUE(committed.ok()) << committed;
}

}  // namespace
}  // namespace wsfleet::testing
