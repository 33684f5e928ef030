#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "coordinator/store/sql/connection.h"
#include "coordinator/store/store.h"

namespace wsfleet::store {

// What store.h asks for, over two connections to one database. Thread-safe: calls that write wait for each other, calls
// that read too, but a reader and the writer do not.
class SqlStore : public Store {
 public:
  absl::Status Commit(const Ownership& ownership, const std::vector<WriteBatch>& batches) override;
  absl::StatusOr<FleetSnapshot> Load(const Ownership& ownership) override;

  absl::StatusOr<JobView> GetJob(const FleetName& fleet, const JobId& job) override;
  absl::StatusOr<std::vector<JobRecord>> ListJobs(const FleetName& fleet, std::uint32_t limit,
                                                  const JobId& before) override;
  absl::StatusOr<std::vector<EventView>> EventsAfter(const JobId& job, std::uint64_t number,
                                                     std::uint32_t limit) override;
  absl::StatusOr<std::vector<CaseResultRecord>> Results(const JobId& job) override;

  absl::Status CreateFleet(const FleetName& fleet) override;

  absl::Status PutBundle(const BundleDigest& digest, const std::string& canonical) override;
  absl::StatusOr<std::string> GetBundle(const BundleDigest& digest) override;

 protected:
  // A connection and the mutex that serialises its users.
  struct Channel {
    std::mutex mutex;
    std::unique_ptr<Connection> connection;
  };

  // Called with the mutex held, before the connection is used. UNAVAILABLE: the database cannot be reached.
  virtual absl::Status MakeReady(Channel& channel) = 0;
  // In each transaction of a machine that writes, before anything else; the owner stays the same until its end.
  // ABORTED: it is another's.
  virtual absl::Status CheckOwnership(Connection& connection, const Ownership& ownership) = 0;
  virtual Channel& reader() { return reader_; }

  Channel writer_;
  Channel reader_;

 private:
  class Use;

  absl::Status CommitAll(Connection& writer, const Ownership& ownership, const std::vector<WriteBatch>& batches);
};

}  // namespace wsfleet::store
