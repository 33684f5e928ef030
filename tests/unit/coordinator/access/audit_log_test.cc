#include "coordinator/access/audit_log.h"

#include <atomic>
#include <string>

#include "absl/time/clock.h"
#include "coordinator/store/sqlite/sqlite_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// The store of the log, and a switch that makes it refuse everything.
class RefusingStore : public store::AuditStore {
 public:
  absl::Status AppendAudit(const std::vector<AuditRecord>& records) override {
    ++appends_;
    return refuses_ ? absl::UnavailableError("refused") : store_->AppendAudit(records);
  }
  absl::StatusOr<std::vector<AuditRecord>> ListAudit(const Query& query) override { return store_->ListAudit(query); }
  absl::StatusOr<std::uint32_t> RemoveAudit(absl::Time before, const Limits& limits) override {
    return store_->RemoveAudit(before, limits);
  }

  std::vector<AuditRecord> All() { return *store_->ListAudit({.limit = 1'000'000}); }
  void Refuse(bool refuses) { refuses_ = refuses; }
  int appends() const { return appends_; }
  store::TokenStore& tokens() { return *store_; }

 private:
  std::unique_ptr<store::SqliteStore> store_ = *store::SqliteStore::Open(":memory:");
  std::atomic<bool> refuses_ = false;
  std::atomic<int> appends_ = 0;
};

AuditRecord ARecord(AuditOutcome outcome = AuditOutcome::kDone) {
  AuditRecord record;
  record.at = absl::Now();
  record.action = "runs.submit";
  record.outcome = outcome;
  return record;
}

class AuditLogTest : public ::testing::Test {
 protected:
  static AuditLog::Settings Quick() {
    AuditLog::Settings settings;
    settings.gathering = absl::Milliseconds(10);
    settings.sweeping = absl::ZeroDuration();
    return settings;
  }

  RefusingStore store_;
};

TEST_F(AuditLogTest, StoresWhatComesTogetherInOneGo) {
  AuditLog log(store_, store_.tokens(), {.gathering = absl::Milliseconds(200)});
  for (int i = 0; i < 20; ++i) log.Add(ARecord());
  EXPECT_TRUE(testing::WaitUntil([&] { return store_.All().size() == 20; }));
  EXPECT_LE(store_.appends(), 2);
}

TEST_F(AuditLogTest, StoresWhatWaitsBeforeItEnds) {
  AuditLog log(store_, store_.tokens(), {.gathering = absl::Hours(1)});
  log.Add(ARecord());
  log.Stop();
  EXPECT_THAT(store_.All(), SizeIs(1));
}

TEST_F(AuditLogTest, KeepsWhatTheStoreRefusesAndIsFullOneDay) {
  store_.Refuse(true);
  AuditLog log(store_, store_.tokens(), Quick());
  for (std::size_t i = 0; i < AuditQueue::kMaxOfCaller; ++i) log.Add(ARecord());
  EXPECT_TRUE(absl::IsResourceExhausted(log.CheckRoom(ARecord())));
  log.Add(ARecord());
  store_.Refuse(false);
  EXPECT_TRUE(testing::WaitUntil([&] { return store_.All().size() == AuditQueue::kMaxOfCaller + 1; }))
      << "what was done in spite of it is taken down too";
  EXPECT_TRUE(testing::WaitUntil([&] { return log.CheckRoom(ARecord()).ok(); }));
}

TEST_F(AuditLogTest, HasRoomForChangesHoweverMuchFailsOrChangesNothing) {
  store_.Refuse(true);
  AuditLog log(store_, store_.tokens(), Quick());
  AuditRecord idle = ARecord();
  idle.changed = false;
  for (int i = 0; i < 20'000; ++i) {
    log.Add(ARecord(AuditOutcome::kFailed));
    log.Add(idle);
  }
  EXPECT_TRUE(log.CheckRoom(ARecord()).ok());
  log.Add(ARecord());
  store_.Refuse(false);
  log.Stop();
  const auto all = store_.All();
  EXPECT_THAT(all, SizeIs(::testing::Le(2 * AuditLog::kMaxIdle + 2)));
  EXPECT_THAT(all, Contains(::testing::AllOf(Field(&AuditRecord::outcome, AuditOutcome::kDone))));
  EXPECT_THAT(all.front().detail, HasSubstr("records more"));
}

TEST_F(AuditLogTest, TakesDownSoManyDenialsAndTheNumberOfTheOthers) {
  AuditLog log(store_, store_.tokens(), Quick());
  for (std::size_t i = 0; i < AuditLog::kMaxIdle + 50; ++i) log.Add(ARecord(AuditOutcome::kDenied));
  log.Add(ARecord());
  log.Stop();
  const auto all = store_.All();
  EXPECT_THAT(all, SizeIs(AuditLog::kMaxIdle + 2));
  EXPECT_EQ(all.front().action, "audit.left-out");
  EXPECT_THAT(all.front().detail, HasSubstr("50 records more"));
}

TEST_F(AuditLogTest, TakesDownRefusalsOfAFleetHoweverManyCallersThatNobodyKnowsAreRefused) {
  AuditLog log(store_, store_.tokens(), Quick());
  for (std::size_t i = 0; i < AuditLog::kMaxIdle + 50; ++i) log.Add(ARecord(AuditOutcome::kDenied));
  AuditRecord known = ARecord(AuditOutcome::kDenied);
  known.principal = "eve";
  known.fleet = FleetName("blue");
  log.Add(known);
  log.Stop();
  EXPECT_THAT(store_.All(), Contains(Field(&AuditRecord::principal, "eve")));
}

TEST_F(AuditLogTest, TakesDownWhatOneCallerIsRefusedHoweverOftenAnotherOneIs) {
  AuditLog log(store_, store_.tokens(), Quick());
  AuditRecord refused = ARecord(AuditOutcome::kDenied);
  refused.principal = "mallory";
  for (std::size_t i = 0; i < AuditLog::kMaxIdle + 50; ++i) log.Add(refused);
  refused.principal = "eve";
  log.Add(refused);
  log.Stop();
  EXPECT_THAT(store_.All(), Contains(Field(&AuditRecord::principal, "eve")));
}

TEST_F(AuditLogTest, CutsTextsAndKeepsThemText) {
  AuditLog log(store_, store_.tokens(), Quick());
  AuditRecord record = ARecord();
  record.object = std::string(5000, 'x');
  record.detail = std::string("\xff\0", 2);
  log.Add(record);
  log.Stop();
  ASSERT_THAT(store_.All(), SizeIs(1));
  EXPECT_LE(store_.All().front().object.size(), AuditRecord::kMaxTextBytes + 3);
  EXPECT_EQ(store_.All().front().detail, "??");
}

TEST_F(AuditLogTest, RemovesWhatIsNotKept) {
  AuditRecord old = ARecord();
  old.at = absl::Now() - absl::Hours(2);
  ASSERT_TRUE(store_.AppendAudit({old, old, ARecord()}).ok());
  AuditLog::Settings settings = Quick();
  settings.keep = absl::Hours(1);
  AuditLog log(store_, store_.tokens(), settings);
  log.Add(ARecord());
  EXPECT_TRUE(testing::WaitUntil([&] { return store_.All().size() == 2; }));
  EXPECT_THAT(store_.All(), Each(Field(&AuditRecord::at, ::testing::Gt(old.at))));
}

}  // namespace
}  // namespace wsfleet::coordinator
