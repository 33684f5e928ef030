#include "coordinator/store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "coordinator/store/sqlite/sqlite_connection.h"
#include "coordinator/store/sqlite/sqlite_migrations.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

absl::Status Named(const absl::Status& status, const std::string& path) {
  return absl::Status(status.code(), fmt::format("store {}: {}", path, ToStd(status.message())));
}

}  // namespace

class SqliteStore::FileLock {
 public:
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(const std::string& path) {
    const std::string lock_path = path + ".lock";
    const int file = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
      return absl::FailedPreconditionError(fmt::format("cannot open {}: {}", lock_path, std::strerror(errno)));
    }
    auto lock = std::make_unique<FileLock>(file);
    // Ends with the process, however it ends. The file stays: removing it would race with the next one.
    if (flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
    return absl::FailedPreconditionError("it is in use by another wsfleet-coordinator; two must not write one store");
  }
  explicit FileLock(int file) : file_(file) {}
  ~FileLock() { close(file_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

SqliteStore::SqliteStore() = default;

SqliteStore::~SqliteStore() {
  // The last connection to close checkpoints, and that must be the writer.
  reader_.connection.reset();
  writer_.connection.reset();
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path, const OnDiskFailed& on_failed) {
  const bool in_memory = path == ":memory:";
  std::unique_ptr<SqliteStore> store(new SqliteStore());
  if (!in_memory) {
    auto lock = FileLock::Take(path);
    if (!lock.ok()) return Named(lock.status(), path);
    store->lock_ = *std::move(lock);
  }
  auto writer = SqliteConnection::Open(path, SqliteConnection::Mode::kWriter, on_failed);
  if (!writer.ok()) return Named(writer.status(), path);
  store->writer_.connection = *std::move(writer);
  if (auto status = MigrateSqlite(*store->writer_.connection); !status.ok()) return Named(status, path);
  if (in_memory) return store;
  auto reader = SqliteConnection::Open(path, SqliteConnection::Mode::kReader);
  if (!reader.ok()) return Named(reader.status(), path);
  store->reader_.connection = *std::move(reader);
  return store;
}

absl::StatusOr<OwnerStore::SurveyResult> SqliteStore::Survey(const std::string&, absl::Duration) {
  Channel& channel = reader();
  const std::lock_guard guard(channel.mutex);
  SurveyResult result;
  Statement statement = channel.connection->Prepare("SELECT name FROM fleet ORDER BY name");
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) result.fleets.push_back({FleetName(statement.Text(0)), {}});
  if (!row.ok()) return row.status();
  return result;
}

absl::StatusOr<OwnerStore::Owner> SqliteStore::Claim(const ClaimRequest& request) {
  return Owner{request.replica, request.addresses, 1, absl::InfiniteDuration()};
}

}  // namespace wsfleet::store
