#include "coordinator/store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "coordinator/store/sqlite/sqlite_connection.h"
#include "coordinator/store/sqlite/sqlite_migrations.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

// The file that a path leads to, by whatever links, also if it is yet to be made: two names of one file have one lock.
std::filesystem::path FileBehind(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path file = std::filesystem::absolute(path, error);
  // As many as the system follows.
  for (int links = 0; links < 40 && std::filesystem::is_symlink(file, error); ++links) {
    file = file.parent_path() / std::filesystem::read_symlink(file, error);
  }
  const std::filesystem::path folder = std::filesystem::weakly_canonical(file.parent_path(), error);
  return error ? path : folder / file.filename();
}

// SQLite keeps what is not in the file yet beside the name that it was opened by: by another name that is missing, and
// the lock is another one. To lock the file itself does not do: where locks are those of a server, they are SQLite's
// own.
absl::Status CheckHasOneName(const std::string& path) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0 || facts.st_nlink <= 1) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "the file has {} names (hard links), each of which would be a store of its own; remove all but the one "
      "that has a -wal beside it (find FOLDER -samefile {})",
      facts.st_nlink, path));
}

}  // namespace

class SqliteStore::FileLock {
 public:
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(const std::string& path) {
    const std::string lock_path = FileBehind(path).string() + ".lock";
    const int file = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
      const int reason = errno;
      // Not made here: a volume that is not mounted would be taken for an empty store.
      if (const auto folder = std::filesystem::path(path).parent_path(); reason == ENOENT && !folder.empty()) {
        return absl::FailedPreconditionError(fmt::format(
            "the folder {} does not exist; make it (mkdir -p), or name another file with --store", folder.string()));
      }
      return absl::FailedPreconditionError(fmt::format("cannot open {}: {}", lock_path, std::strerror(reason)));
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
  for (Channel& reader : readers_) reader.connection.reset();
  writer_.connection.reset();
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path, const OnDiskFailed& on_failed) {
  const bool in_memory = path == ":memory:";
  std::unique_ptr<SqliteStore> store(new SqliteStore());
  if (!in_memory) {
    auto lock = FileLock::Take(path);
    if (!lock.ok()) return OfStore(lock.status(), path);
    store->lock_ = *std::move(lock);
    if (auto status = CheckHasOneName(path); !status.ok()) return OfStore(status, path);
  }
  auto writer = SqliteConnection::Open(path, SqliteConnection::Mode::kWriter, on_failed);
  if (!writer.ok()) return OfStore(writer.status(), path);
  store->writer_.connection = *std::move(writer);
  if (auto status = MigrateSqlite(*store->writer_.connection); !status.ok()) return OfStore(status, path);
  if (in_memory) return store;
  for (Channel& reader : store->readers_) {
    auto connection = SqliteConnection::Open(path, SqliteConnection::Mode::kReader);
    if (!connection.ok()) return OfStore(connection.status(), path);
    reader.connection = *std::move(connection);
  }
  return store;
}

std::vector<SqliteStore::Channel*> SqliteStore::readers() {
  if (readers_.front().connection == nullptr) return {&writer_};
  return SqlStore::readers();
}

absl::StatusOr<std::vector<OwnerStore::KnownFleet>> SqliteStore::Extend(const std::string&, absl::Duration) {
  Channel& channel = *readers().front();
  const std::lock_guard guard(channel.mutex);
  auto fleets = ReadOwners(*channel.connection);
  if (!fleets.ok()) return fleets.status();
  std::erase_if(*fleets, [](const KnownFleet& fleet) { return fleet.owner.left <= absl::ZeroDuration(); });
  return fleets;
}

absl::StatusOr<OwnerStore::SurveyResult> SqliteStore::Survey(const std::string&, absl::Duration) {
  Channel& channel = *readers().front();
  const std::lock_guard guard(channel.mutex);
  auto fleets = ReadOwners(*channel.connection);
  if (!fleets.ok()) return fleets.status();
  return SurveyResult{0, false, *std::move(fleets)};
}

absl::StatusOr<std::vector<OwnerStore::KnownFleet>> SqliteStore::ReadOwners(Connection& connection) {
  const std::lock_guard guard(owner_mutex_);
  std::vector<KnownFleet> fleets;
  Statement statement = connection.Prepare("SELECT name FROM fleet ORDER BY name");
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) fleets.push_back({FleetName(statement.Text(0)), owner_});
  if (!row.ok()) return row.status();
  return fleets;
}

absl::StatusOr<OwnerStore::Owner> SqliteStore::Claim(const ClaimRequest& request) {
  const std::lock_guard guard(owner_mutex_);
  owner_ = Owner{request.replica, request.addresses, 1, absl::InfiniteDuration()};
  return owner_;
}

}  // namespace wsfleet::store
