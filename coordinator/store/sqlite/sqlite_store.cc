#include "coordinator/store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "coordinator/store/sqlite/migrations.h"
#include "coordinator/store/sqlite/rows.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

absl::Status Named(const absl::Status& status, const std::string& path) {
  const std::string hint =
      absl::IsDataLoss(status) ? "; restore it from a backup, or name another file with --store" : "";
  return absl::Status(status.code(), fmt::format("store {}: {}{}", path, ToStd(status.message()), hint));
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

SqliteStore::SqliteStore(const FleetName& fleet) : fleet_(fleet) {}

SqliteStore::~SqliteStore() {
  // The last connection to close checkpoints, and that must be the writer.
  reader_.connection.reset();
  writer_.connection.reset();
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path, const FleetName& fleet) {
  const bool in_memory = path == ":memory:";
  std::unique_ptr<SqliteStore> store(new SqliteStore(fleet));
  if (!in_memory) {
    auto lock = FileLock::Take(path);
    if (!lock.ok()) return Named(lock.status(), path);
    store->lock_ = *std::move(lock);
  }
  auto writer = Connection::Open(path, Connection::Mode::kWriter);
  if (!writer.ok()) return Named(writer.status(), path);
  store->writer_.connection = *std::move(writer);
  if (auto status = Migrate(*store->writer_.connection); !status.ok()) return Named(status, path);
  if (in_memory) return store;
  auto reader = Connection::Open(path, Connection::Mode::kReader);
  if (!reader.ok()) return Named(reader.status(), path);
  store->reader_.connection = *std::move(reader);
  return store;
}

absl::Status SqliteStore::Commit(const std::vector<WriteBatch>& batches) {
  const std::lock_guard guard(writer_.mutex);
  Transaction transaction(*writer_.connection, Transaction::Kind::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  for (const WriteBatch& batch : batches) {
    if (auto status = Write(*writer_.connection, fleet_, batch); !status.ok()) return status;
  }
  return transaction.Commit();
}

absl::StatusOr<FleetSnapshot> SqliteStore::Load() {
  // What the writer sees, so that a commit whose outcome was unknown is known now.
  const std::lock_guard guard(writer_.mutex);
  Transaction transaction(*writer_.connection, Transaction::Kind::kRead);
  if (!transaction.begun().ok()) return transaction.begun();
  return ReadSnapshot(*writer_.connection, fleet_);
}

absl::StatusOr<JobReader::JobView> SqliteStore::GetJob(const JobId& job) {
  const std::lock_guard guard(reader().mutex);
  // One view of two tables.
  Transaction transaction(*reader().connection, Transaction::Kind::kRead);
  if (!transaction.begun().ok()) return transaction.begun();
  return ReadJob(*reader().connection, fleet_, job);
}

absl::StatusOr<std::vector<JobRecord>> SqliteStore::ListJobs(std::uint32_t limit, const JobId& before) {
  const std::lock_guard guard(reader().mutex);
  return ReadJobs(*reader().connection, fleet_, limit, before);
}

absl::StatusOr<std::vector<JobReader::EventView>> SqliteStore::EventsAfter(const JobId& job, std::uint64_t number,
                                                                           std::uint32_t limit) {
  const std::lock_guard guard(reader().mutex);
  return ReadEvents(*reader().connection, job, number, limit);
}

absl::StatusOr<std::vector<CaseResultRecord>> SqliteStore::Results(const JobId& job) {
  const std::lock_guard guard(reader().mutex);
  return ReadResults(*reader().connection, job);
}

absl::Status SqliteStore::PutBundle(const BundleDigest& digest, const std::string& canonical) {
  const std::lock_guard guard(writer_.mutex);
  // The digest stands for the bytes: the same again changes nothing.
  return writer_.connection->Prepare("INSERT INTO bundle (digest, canonical) VALUES (?, ?) ON CONFLICT DO NOTHING")
      .Bind(std::string_view(digest.value()))
      .BindBytes(canonical)
      .Run();
}

absl::StatusOr<std::string> SqliteStore::GetBundle(const BundleDigest& digest) {
  const std::lock_guard guard(reader().mutex);
  Statement statement = reader().connection->Prepare("SELECT canonical FROM bundle WHERE digest = ?");
  const auto row = statement.Bind(std::string_view(digest.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(fmt::format("no bundle {}", digest.value()));
  return statement.Text(0);
}

}  // namespace wsfleet::store
