#include "coordinator/store/sql/sql_store.h"

#include <utility>

#include "coordinator/store/sql/rows.h"
#include "fmt/format.h"

namespace wsfleet::store {

// A channel to oneself, ready or not.
class SqlStore::Use {
 public:
  Use(SqlStore& store, Channel& channel) : Use(store, Locked{&channel, std::unique_lock(channel.mutex)}) {}
  // One of several: whichever is free.
  Use(SqlStore& store, const std::vector<Channel*>& channels) : Use(store, LockOne(channels)) {}
  const absl::Status& status() const { return status_; }
  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_; }

 private:
  struct Locked {
    Channel* channel;
    std::unique_lock<std::mutex> lock;
  };
  Use(SqlStore& store, Locked locked)
      : lock_(std::move(locked.lock)),
        status_(store.MakeReady(*locked.channel)),
        connection_(locked.channel->connection.get()) {}

  static Locked LockOne(const std::vector<Channel*>& channels) {
    for (Channel* channel : channels) {
      std::unique_lock lock(channel->mutex, std::try_to_lock);
      if (lock.owns_lock()) return {channel, std::move(lock)};
    }
    return {channels.front(), std::unique_lock(channels.front()->mutex)};
  }

  std::unique_lock<std::mutex> lock_;
  absl::Status status_;
  Connection* connection_;
};

absl::Status SqlStore::Commit(const Ownership& ownership, const std::vector<WriteBatch>& batches) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  Transaction transaction(*writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  if (auto status = CheckOwnership(*writer, ownership, Connection::Access::kWrite); !status.ok()) return status;
  for (const WriteBatch& batch : batches) {
    if (auto status = Write(*writer, ownership.fleet, batch); !status.ok()) return status;
  }
  return transaction.Commit();
}

absl::StatusOr<FleetSnapshot> SqlStore::Load(const Ownership& ownership) {
  // What the writer sees, so that a commit whose outcome was unknown is known now.
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  Transaction transaction(*writer, Connection::Access::kRead);
  if (!transaction.begun().ok()) return transaction.begun();
  if (auto status = CheckOwnership(*writer, ownership, Connection::Access::kRead); !status.ok()) return status;
  return ReadSnapshot(*writer, ownership.fleet);
}

absl::StatusOr<JobReader::JobView> SqlStore::GetJob(const FleetName& fleet, const JobId& job) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  // One view of two tables.
  Transaction transaction(*connection, Connection::Access::kRead);
  if (!transaction.begun().ok()) return transaction.begun();
  return ReadJob(*connection, fleet, job);
}

absl::StatusOr<std::vector<JobRecord>> SqlStore::ListJobs(const FleetName& fleet, std::uint32_t limit,
                                                          const JobId& before) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  return ReadJobs(*connection, fleet, limit, before);
}

absl::StatusOr<JobReader::Changes> SqlStore::ChangesAfter(const FleetName& fleet, const JobId& job,
                                                          const ChangeCursor& cursor) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  // One view of four tables.
  Transaction transaction(*connection, Connection::Access::kRead);
  if (!transaction.begun().ok()) return transaction.begun();
  return ReadChanges(*connection, fleet, job, cursor);
}

absl::StatusOr<std::vector<JobReader::ResultView>> SqlStore::ResultsAfter(const JobId& job,
                                                                          const ResultCursor& cursor) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  return ReadResultPage(*connection, job, cursor);
}

absl::Status SqlStore::CreateFleet(const FleetName& fleet) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  return writer->Prepare("INSERT INTO fleet (name, next_lease) VALUES (?, 1)")
      .Bind(std::string_view(fleet.value()))
      .Run();
}

absl::Status SqlStore::PutBundle(const BundleDigest& digest, const std::string& canonical) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  // The digest stands for the bytes: the same again changes nothing.
  return writer->Prepare("INSERT INTO bundle (digest, canonical) VALUES (?, ?) ON CONFLICT DO NOTHING")
      .Bind(std::string_view(digest.value()))
      .BindBytes(canonical)
      .Run();
}

absl::StatusOr<std::string> SqlStore::GetBundle(const BundleDigest& digest) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  Statement statement = connection->Prepare("SELECT canonical FROM bundle WHERE digest = ?");
  const auto row = statement.Bind(std::string_view(digest.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(fmt::format("no bundle {}", digest.value()));
  return statement.Text(0);
}

}  // namespace wsfleet::store
