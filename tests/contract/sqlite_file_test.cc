#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include "coordinator/store/sqlite/sqlite_store.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/records.h"
#include "tests/support/status_message.h"
#include "tests/support/temporary_directory.h"

// What only a file can suffer.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class SqliteFile : public ::testing::Test {
 protected:
  auto Open() { return store::SqliteStore::Open(path_); }

  void Execute(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  TemporaryDirectory directory_;
  std::string path_ = (directory_.path() / "fleet.db").string();
};

TEST_F(SqliteFile, IsThereAgainAfterReopening) {
  ASSERT_TRUE((*Open())->Commit(kOwner, {ABusyJob("r-1", "nightly")}).ok());
  const auto again = Open();
  const auto snapshot = (*again)->Load(kOwner);
  ASSERT_TRUE(snapshot.ok());
  EXPECT_THAT(snapshot->jobs, SizeIs(1));
  EXPECT_EQ((*(*again)->FindRun(kOwner, RunKey("nightly")))->job, JobId("r-1"));
}

TEST_F(SqliteFile, ShowsReadersWhatIsCommittedWhileTheWriterStaysOpen) {
  const auto opened = Open();
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(absl::IsNotFound((*opened)->GetJob(kFleet, JobId("r-1")).status()));
  ASSERT_TRUE((*opened)->Commit(kOwner, {ABusyJob("r-1")}).ok());
  EXPECT_TRUE((*opened)->GetJob(kFleet, JobId("r-1")).ok());
}

TEST_F(SqliteFile, GoesOnToRemoveWhatIsNotKeptAfterReopening) {
  const store::RetentionStore::Rule rule{At(1000), At(100), 1000, At(0)};
  {
    const auto opened = Open();
    WriteBatch batch = ABusyJob("r-1");
    batch.jobs = {AnEndedJob("r-1", At(9))};
    ASSERT_TRUE((*opened)->Commit(kOwner, {batch}).ok());
    EXPECT_EQ((*opened)->RemoveSome(kOwner, rule)->runs, 1u);
    EXPECT_THAT(*(*opened)->ResultsAfter(JobId("r-1"), {}), SizeIs(1));
  }
  const auto opened = Open();
  while ((*opened)->RemoveSome(kOwner, rule)->more) {
  }
  EXPECT_THAT(*(*opened)->ResultsAfter(JobId("r-1"), {}), SizeIs(0));
}

// A file of the first version: its runs name their bundles in their specs only.
TEST_F(SqliteFile, OfAnEarlierVersionKeepsTheBundlesOfItsRuns) {
  const std::string digest = AJob("r-1").spec.bundle.value();
  {
    const auto opened = Open();
    ASSERT_TRUE((*opened)->PutBundle(BundleDigest(digest), "suite", At(0)).ok());
    ASSERT_TRUE((*opened)->PutBundle(BundleDigest("unused"), "other", At(0)).ok());
    ASSERT_TRUE((*opened)->Commit(kOwner, {ABusyJob("r-1")}).ok());
  }
  Execute(
      "DROP INDEX job_bundle; DROP INDEX job_ended; ALTER TABLE job DROP COLUMN bundle; "
      "ALTER TABLE job DROP COLUMN begun; ALTER TABLE job DROP COLUMN begun_clock; "
      "ALTER TABLE agent DROP COLUMN drained; DROP TABLE removed_job; DROP TABLE bundle_use; "
      "DROP INDEX shard_changed; ALTER TABLE shard DROP COLUMN changed; DROP INDEX case_result_of_shard; "
      "ALTER TABLE case_result DROP COLUMN kept; "
      "DROP TABLE tick; DROP TABLE schedule; DROP TABLE token; DROP TABLE token_version; DROP TABLE audit; DROP TABLE "
      "audit_class; "
      "DROP TABLE join_token; DROP TABLE join_token_use; DROP TABLE revocation; DROP TABLE fleet_policy; DROP TABLE "
      "budget; DROP TABLE budget_limit; DROP TABLE budget_share; "
      "ALTER TABLE shard DROP COLUMN past_leases; ALTER TABLE fleet DROP COLUMN stopped; "
      "ALTER TABLE fleet DROP COLUMN switched_by; ALTER TABLE fleet DROP COLUMN stop_reason; "
      "ALTER TABLE fleet DROP COLUMN switched; "
      "DELETE FROM migration WHERE number > 1");
  const auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  while ((*opened)->RemoveSome(kOwner, {At(1000), At(0), 1000, At(500)})->more) {
  }
  EXPECT_TRUE((*opened)->GetBundle(BundleDigest(digest)).ok());
  EXPECT_FALSE((*opened)->GetBundle(BundleDigest("unused")).ok());
}

TEST_F(SqliteFile, OfAnEarlierVersionKeepsItsChangesAndNotItsRefusals) {
  AuditRecord change, stranger;
  change.principal = "ci";
  stranger.outcome = AuditOutcome::kDenied;
  {
    const auto opened = Open();
    ASSERT_TRUE((*opened)->AppendAudit({change, change, stranger, stranger, stranger}).ok());
  }
  Execute(
      "ALTER TABLE job DROP COLUMN begun; ALTER TABLE job DROP COLUMN begun_clock; "
      "DROP INDEX case_result_of_shard; ALTER TABLE case_result DROP COLUMN kept; "
      "CREATE INDEX case_result_of_shard ON case_result (job, shard, number); "
      "DROP INDEX audit_of_class; ALTER TABLE audit DROP COLUMN class; ALTER TABLE audit DROP COLUMN place; "
      "DROP TABLE audit_class; DELETE FROM migration WHERE number > 10");
  const auto opened = Open();
  ASSERT_TRUE((*opened)->AppendAudit({change, stranger}).ok());
  while (*(*opened)->RemoveAudit(absl::InfinitePast(), {.changes = 3, .refusals = 1}) != 0) {
  }
  EXPECT_THAT(*(*opened)->ListAudit({.limit = 10}),
              ElementsAre(Field(&AuditRecord::principal, ""), Field(&AuditRecord::principal, "ci"),
                          Field(&AuditRecord::principal, "ci"), Field(&AuditRecord::principal, "ci")));
}

TEST_F(SqliteFile, IsReadableByItsOwnerOnly) {
  const auto opened = Open();
  ASSERT_TRUE((*opened)->Commit(kOwner, {ABusyJob("r-1")}).ok());
  for (const std::string suffix : {"", "-wal", "-shm", ".lock"}) {
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(std::filesystem::status(path_ + suffix).permissions() & others, std::filesystem::perms::none) << suffix;
  }
}

TEST_F(SqliteFile, IsRefusedWithItsFolderIfThatIsMissing) {
  path_ = (directory_.path() / "var" / "fleet.db").string();
  const auto store = Open();
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status()));
  EXPECT_THAT(std::string(ToStd(store.status().message())),
              HasSubstr("the folder " + (directory_.path() / "var").string() + " does not exist; make it (mkdir -p)"));
}

TEST_F(SqliteFile, IsRefusedWhileAnotherProcessHasIt) {
  const auto first = Open();
  ASSERT_TRUE(first.ok());
  const auto second = Open();
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status()));
  EXPECT_THAT(Message(second.status()), HasSubstr("in use by another wsfleet-coordinator"));
}

TEST_F(SqliteFile, IsRefusedByAnyOfItsNamesWhileAnotherProcessHasIt) {
  namespace fs = std::filesystem;
  const fs::path folder = directory_.path();
  fs::create_directory(folder / "state");
  // The first one is made by whoever comes first, through a link that leads nowhere yet.
  fs::create_symlink(fs::path("state") / "fleet.db", folder / "link.db");
  fs::create_symlink("link.db", folder / "link of a link.db");
  fs::create_directory_symlink("state", folder / "var");
  path_ = (folder / "link.db").string();
  const auto first = Open();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(fs::exists(folder / "state" / "fleet.db.lock"));
  for (const fs::path& name : {folder / "state" / "fleet.db", folder / "link of a link.db", folder / "var" / "fleet.db",
                               folder / "var" / ".." / "state" / "fleet.db"}) {
    path_ = name.string();
    EXPECT_THAT(Message(Open().status()), HasSubstr("in use by another wsfleet-coordinator")) << name;
  }
}

TEST_F(SqliteFile, IsRefusedByASecondNameThatIsAHardLink) {
  const auto first = Open();
  ASSERT_TRUE((*first)->Commit(kOwner, {ABusyJob("r-1")}).ok());
  const std::string name = (directory_.path() / "hard.db").string();
  std::filesystem::create_hard_link(path_, name);
  path_ = name;
  const auto second = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second));
  EXPECT_THAT(Message(second), HasSubstr("2 names (hard links)"));
  EXPECT_FALSE(std::filesystem::exists(name + "-wal"));
}

TEST_F(SqliteFile, IsRefusedIfItIsOfANewerProgram) {
  ASSERT_TRUE(Open().ok());
  Execute("INSERT INTO migration VALUES (1000, 'from the future', '9.9.9')");
  const auto status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr("schema is version 1000"));
  EXPECT_THAT(Message(status), HasSubstr("run a newer wsfleet-coordinator"));
}

TEST_F(SqliteFile, IsRefusedIfItIsTheDatabaseOfAnotherProgram) {
  Execute("CREATE TABLE photos (name TEXT)");
  const auto status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr("another program"));
}

TEST_F(SqliteFile, IsRefusedWithItsNameIfItIsNoDatabase) {
  std::ofstream(path_) << std::string(8192, 'x');
  const auto status = Open().status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(Message(status), HasSubstr(path_));
  EXPECT_THAT(Message(status), HasSubstr("restore it from a backup"));
}

TEST_F(SqliteFile, IsRefusedIfItsEndIsMissing) {
  ASSERT_TRUE((*Open())->Commit(kOwner, {ABusyJob("r-1")}).ok());
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  EXPECT_TRUE(absl::IsDataLoss(Open().status()));
}

// What is cut off, or written half, is the commit that was under way.
using Fault28 = SqliteFile;

TEST_F(Fault28, ATornTailOfTheLogOpensAtTheLastCommitWhereverItIsTorn) {
  const std::string copy = (directory_.path() / "copy.db").string();
  std::uintmax_t first = 0, second = 0;
  {
    const auto opened = Open();
    ASSERT_TRUE((*opened)->Commit(kOwner, {ABusyJob("r-1")}).ok());
    first = std::filesystem::file_size(path_ + "-wal");
    WriteBatch batch;
    batch.jobs = {AJob("r-2")};
    ASSERT_TRUE((*opened)->Commit(kOwner, {batch}).ok());
    second = std::filesystem::file_size(path_ + "-wal");
    // As a crash would leave it: the log is not checkpointed.
    std::filesystem::copy_file(path_, copy);
    std::filesystem::copy_file(path_ + "-wal", copy + ".log");
  }
  ASSERT_GT(second, first);
  // Which of the two are there.
  using Found = std::pair<bool, bool>;
  const auto open_torn = [&](const std::function<void(const std::string& log)>& tear) -> Found {
    const std::string torn = (directory_.path() / "torn.db").string();
    std::filesystem::copy_file(copy, torn, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(copy + ".log", torn + "-wal", std::filesystem::copy_options::overwrite_existing);
    tear(torn + "-wal");
    const auto opened = store::SqliteStore::Open(torn);
    EXPECT_TRUE(opened.ok()) << opened.status();
    const auto has = [&](const char* job) { return opened.ok() && (*opened)->GetJob(kFleet, JobId(job)).ok(); };
    return {has("r-1"), has("r-2")};
  };
  EXPECT_EQ(open_torn([](const std::string&) {}), Found(true, true));
  for (std::uintmax_t at = first; at < second; at += 509) {
    EXPECT_EQ(open_torn([&](const std::string& log) { std::filesystem::resize_file(log, at); }), Found(true, false))
        << "cut at " << at;
    EXPECT_EQ(open_torn([&](const std::string& log) {
                std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
                file.seekp(static_cast<std::streamoff>(at)).write("torn", 4);
              }),
              Found(true, false))
        << "spoiled at " << at;
  }
}

TEST_F(SqliteFile, IsRefusedWithItsNameIfItsFolderIsMissing) {
  path_ = (directory_.path() / "nowhere" / "fleet.db").string();
  const auto status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr(path_));
}

}  // namespace
}  // namespace wsfleet::testing
