#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/clock.h"
#include "coordinator/store/postgres/postgres_connection.h"
#include "coordinator/store/sql/rows.h"
#include "coordinator/store/sqlite/sqlite_connection.h"
#include "core/verdict/bulk.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/every_store.h"

// A fleet is loaded with what its machine keeps, however much evidence its open runs have.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::SizeIs;

// How much a statement has given at most: what a client of its database holds at once.
struct Held {
  std::size_t rows = 0;
  std::size_t bytes = 0;
};

class CountingCursor final : public store::Cursor {
 public:
  CountingCursor(store::Statement statement, Held& most) : statement_(std::move(statement)), most_(most) {}
  ~CountingCursor() override {
    most_.rows = std::max(most_.rows, held_.rows);
    most_.bytes = std::max(most_.bytes, held_.bytes);
  }

  absl::Status Start(const std::vector<store::SqlValue>& parameters) override {
    for (const store::SqlValue& value : parameters) std::visit([this](const auto& one) { Bind(one); }, value);
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Next() override {
    auto row = statement_.Step();
    if (row.ok() && *row) ++held_.rows;
    return row;
  }
  std::int64_t Int(int column) const override { return statement_.Int(column); }
  std::string Text(int column) const override {
    std::string text = statement_.Text(column);
    held_.bytes += text.size();
    return text;
  }
  bool IsNull(int column) const override { return statement_.IsNull(column); }

 private:
  void Bind(std::monostate) { statement_.BindNull(); }
  void Bind(std::int64_t number) { statement_.Bind(number); }
  void Bind(const std::string& text) { statement_.Bind(std::string_view(text)); }
  void Bind(const store::Bytes& bytes) { statement_.BindBytes(bytes.value); }

  store::Statement statement_;
  Held& most_;
  mutable Held held_;
};

class CountingConnection final : public store::Connection {
 public:
  explicit CountingConnection(std::unique_ptr<store::Connection> behind) : behind_(std::move(behind)) {}
  absl::Status Execute(const std::string& sql) override { return behind_->Execute(sql); }
  std::int64_t changes() const override { return behind_->changes(); }
  std::string KeyOf(std::string_view text) const override { return behind_->KeyOf(text); }
  SteadyClock steady_clock() const override { return behind_->steady_clock(); }
  absl::Status Begin(Access access) override { return behind_->Begin(access); }
  absl::Status Commit() override { return behind_->Commit(); }
  bool works() const override { return behind_->works(); }
  Held TakeMost() { return std::exchange(most_, {}); }

 protected:
  absl::StatusOr<std::unique_ptr<store::Cursor>> Open(std::string_view sql) override {
    return std::make_unique<CountingCursor>(behind_->Prepare(sql), most_);
  }

 private:
  std::unique_ptr<store::Connection> behind_;
  Held most_;
};

// Databases that a second connection may be opened to.
class CountedSqlite {
 public:
  std::unique_ptr<store::SqliteStore> OpenStore() { return store::SqliteStore::Open(path_).value(); }
  std::unique_ptr<store::Connection> Connect() {
    return store::SqliteConnection::Open(path_, store::SqliteConnection::Mode::kWriter).value();
  }

 private:
  TemporaryDirectory directory_;
  std::string path_ = (directory_.path() / "fleet.db").string();
};
class CountedPostgres {
 public:
  std::unique_ptr<store::PostgresStore> OpenStore() {
    auto opened = store::PostgresStore::Open(database_.url()).value();
    EXPECT_EQ(opened->Claim({kFleet, "test", {}, absl::Hours(1)})->epoch, kOwner.epoch);
    return opened;
  }
  std::unique_ptr<store::Connection> Connect() { return store::PostgresConnection::Open(database_.url()).value(); }

 private:
  PostgresDatabase database_;
};

template <typename Database>
class LoadContract : public ::testing::Test {
 protected:
  static constexpr std::size_t kBodyBytes = 20'000;

  CaseResultRecord Bulky(int number) {
    CaseResultRecord record = AResult("r-1", "gate/case " + std::to_string(number), 1 + number % 3);
    record.result.failure->evidence.body_excerpt.assign(kBodyBytes, 'x');
    record.result.warnings = {"a warning"};
    return record;
  }

  // By shard, then in the order of commit.
  void ExpectAllKept(const FleetSnapshot& snapshot, const std::vector<CaseResultRecord>& written) {
    std::vector<CaseResultRecord> expected = written;
    std::ranges::stable_sort(expected, {}, [](const CaseResultRecord& record) { return record.shard.index; });
    ASSERT_THAT(snapshot.results, SizeIs(expected.size()));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(snapshot.results[i].shard, expected[i].shard);
      EXPECT_EQ(snapshot.results[i].attempt, expected[i].attempt);
      EXPECT_EQ(snapshot.results[i].agent, expected[i].agent);
      EXPECT_EQ(ToJson(snapshot.results[i].result), ToJson(WithoutBulk(expected[i].result)));
    }
  }

  Database database_;
};
using CountedDatabases = ::testing::Types<CountedSqlite, CountedPostgres>;
TYPED_TEST_SUITE(LoadContract, CountedDatabases);

WriteBatch OfJobs(std::vector<JobRecord> jobs) {
  WriteBatch batch;
  batch.jobs = std::move(jobs);
  return batch;
}

// Whatever the wall clock said when they began, and says now.
TYPED_TEST(LoadContract, SaysHowLongAgoRunsBeganByAClockThatNobodySets) {
  const auto opened = this->database_.OpenStore();
  JobRecord waits = AJob("r-1"), runs = AJob("r-2"), runs_at_once = AJob("r-3"), ended = AnEndedJob("r-4", At(1));
  const absl::Time before = absl::Now();
  runs_at_once.started = before - absl::Hours(1);
  ended.started = At(0);
  ASSERT_TRUE(opened->Commit(kOwner, {OfJobs({waits, runs, runs_at_once, ended})}).ok());
  runs.started = before + absl::Hours(1);
  ASSERT_TRUE(opened->Commit(kOwner, {OfJobs({runs})}).ok());
  const auto first = opened->Load(kOwner);
  ASSERT_TRUE(first.ok()) << first.status();
  // What is written later of a run that goes on does not begin it again.
  runs.last_event = 9;
  ASSERT_TRUE(opened->Commit(kOwner, {OfJobs({runs})}).ok());
  const auto second = opened->Load(kOwner);
  ASSERT_TRUE(second.ok()) << second.status();
  const absl::Duration passed = absl::Now() - before;
  for (const FleetSnapshot* snapshot : {&*first, &*second}) {
    EXPECT_THAT(snapshot->elapsed, ElementsAre(Key(JobId("r-2")), Key(JobId("r-3"))));
    for (const auto& [job, elapsed] : snapshot->elapsed) {
      EXPECT_GT(elapsed, absl::ZeroDuration()) << job.value();
      EXPECT_LE(elapsed, passed) << job.value();
    }
  }
  EXPECT_GT(second->elapsed.at(JobId("r-2")), first->elapsed.at(JobId("r-2")));
}

// A run that began before the machine did, or on another one.
TEST(SqliteLoad, DoesNotCompareClocksOfDifferentBoots) {
  CountedSqlite database;
  const auto opened = database.OpenStore();
  JobRecord runs = AJob("r-1");
  runs.started = At(0);
  ASSERT_TRUE(opened->Commit(kOwner, {OfJobs({runs})}).ok());
  ASSERT_THAT(opened->Load(kOwner)->elapsed, SizeIs(1));
  ASSERT_TRUE(database.Connect()->Execute("UPDATE job SET begun_clock = 'another boot'").ok());
  EXPECT_THAT(opened->Load(kOwner)->elapsed, SizeIs(0));
}

TYPED_TEST(LoadContract, ReadsResultsInPagesAndWithoutTheirEvidence) {
  const auto opened = this->database_.OpenStore();
  WriteBatch batch = ABusyJob("r-1");
  batch.shards = {AShard("r-1", 1), AShard("r-1", 2), AShard("r-1", 3)};
  batch.results.clear();
  for (int i = 0; i < 1700; ++i) batch.results.push_back(this->Bulky(i));
  ASSERT_TRUE(opened->Commit(kOwner, {batch}).ok());

  CountingConnection counting(this->database_.Connect());
  const auto snapshot = store::ReadSnapshot(counting, kFleet);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  this->ExpectAllKept(*snapshot, batch.results);
  const Held most = counting.TakeMost();
  EXPECT_LE(most.rows, 500u);
  EXPECT_LE(most.bytes, 500u * 1024);

  // What a version before has written has its evidence with it; of that, one result is held at a time.
  ASSERT_TRUE(counting.Execute("UPDATE case_result SET kept = NULL").ok());
  const auto earlier = store::ReadSnapshot(counting, kFleet);
  ASSERT_TRUE(earlier.ok()) << earlier.status();
  this->ExpectAllKept(*earlier, batch.results);
  EXPECT_LE(counting.TakeMost().bytes, 2 * this->kBodyBytes);
}

}  // namespace
}  // namespace wsfleet::testing
