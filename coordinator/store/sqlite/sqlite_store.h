#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "coordinator/store/sqlite/connection.h"
#include "coordinator/store/store.h"

namespace wsfleet::store {

// One fleet's rows in a SQLite file, or in memory (":memory:"). Thread-safe: calls that write wait for each other,
// calls that read too, but a reader and the writer do not (except in memory, where there is one connection). A file is
// opened by one process at a time, which the lock file beside it ensures.
class SqliteStore final : public FleetStore, public JobReader, public BundleStore {
 public:
  // Creates or migrates the file. Errors name the file. FAILED_PRECONDITION: in use by another process, of a newer
  // program, of another program, or not accessible. DATA_LOSS: damaged.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path, const FleetName& fleet);
  ~SqliteStore() override;

  absl::Status Commit(const std::vector<WriteBatch>& batches) override;
  absl::StatusOr<FleetSnapshot> Load() override;

  absl::StatusOr<JobView> GetJob(const JobId& job) override;
  absl::StatusOr<std::vector<JobRecord>> ListJobs(std::uint32_t limit, const JobId& before) override;
  absl::StatusOr<std::vector<EventView>> EventsAfter(const JobId& job, std::uint64_t number,
                                                     std::uint32_t limit) override;
  absl::StatusOr<std::vector<CaseResultRecord>> Results(const JobId& job) override;

  absl::Status PutBundle(const BundleDigest& digest, const std::string& canonical) override;
  absl::StatusOr<std::string> GetBundle(const BundleDigest& digest) override;

 private:
  // A connection and the mutex that serialises its users.
  struct Channel {
    std::mutex mutex;
    std::unique_ptr<Connection> connection;
  };
  // Holds the lock on the file while it lives.
  class FileLock;

  explicit SqliteStore(const FleetName& fleet);

  Channel& reader() { return reader_.connection == nullptr ? writer_ : reader_; }

  FleetName fleet_;
  std::unique_ptr<FileLock> lock_;
  Channel writer_;
  Channel reader_;  // without a connection: `:memory:`
};

}  // namespace wsfleet::store
