#pragma once

#include <memory>
#include <string>

#include "coordinator/store/sql/sql_store.h"

namespace wsfleet::store {

// A SQLite file, or memory (":memory:"). In memory there is one connection, and a reader waits for the writer. A file
// is opened by one process at a time, which the lock file beside it ensures: that process owns every fleet in it.
class SqliteStore final : public SqlStore {
 public:
  // Creates or migrates the file. Errors name the file. FAILED_PRECONDITION: in use by another process, of a newer
  // program, of another program, or not accessible. DATA_LOSS: damaged.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path, const OnDiskFailed& on_failed = {});
  ~SqliteStore() override;

  absl::StatusOr<std::vector<KnownFleet>> Extend(const std::string& replica, absl::Duration term) override;
  absl::StatusOr<SurveyResult> Survey(const std::string& replica, absl::Duration term) override;
  absl::StatusOr<Owner> Claim(const ClaimRequest& request) override;
  absl::Status Release(const Ownership&) override { return absl::OkStatus(); }
  absl::Status Leave(const std::string&) override { return absl::OkStatus(); }

 private:
  // Holds the lock on the file while it lives.
  class FileLock;

  SqliteStore();

  absl::Status MakeReady(Channel&) override { return absl::OkStatus(); }
  absl::Status CheckOwnership(Connection&, const Ownership&) override { return absl::OkStatus(); }
  absl::Status LockBudget(Connection&, const BudgetName&) override { return absl::OkStatus(); }  // one writes at a time
  absl::StatusOr<std::vector<KnownFleet>> ReadOwners(Connection& connection) override;
  std::vector<Channel*> readers() override;

  std::unique_ptr<FileLock> lock_;
  std::mutex owner_mutex_;
  Owner owner_;  // of all, since the first claim
};

}  // namespace wsfleet::store
