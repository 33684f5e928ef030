#include "coordinator/store/sql/sql_store.h"

#include "coordinator/store/sql/rows.h"
#include "fmt/format.h"

namespace wsfleet::store {

// A channel to oneself, ready or not.
class SqlStore::Use {
 public:
  Use(SqlStore& store, Channel& channel)
      : guard_(channel.mutex), status_(store.MakeReady(channel)), connection_(channel.connection.get()) {}
  const absl::Status& status() const { return status_; }
  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_; }

 private:
  std::lock_guard<std::mutex> guard_;
  absl::Status status_;
  Connection* connection_;
};

absl::Status SqlStore::Commit(const Ownership& ownership, const std::vector<WriteBatch>& batches) {
  const Use writer(*this, writer_);
  return writer.status().ok() ? CommitAll(*writer, ownership, batches) : writer.status();
}

absl::Status SqlStore::CommitAll(Connection& writer, const Ownership& ownership,
                                 const std::vector<WriteBatch>& batches) {
  Transaction transaction(writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  if (auto status = CheckOwnership(writer, ownership); !status.ok()) return status;
  for (const WriteBatch& batch : batches) {
    if (auto status = Write(writer, ownership.fleet, batch); !status.ok()) return status;
  }
  return transaction.Commit();
}

absl::StatusOr<FleetSnapshot> SqlStore::Load(const Ownership& ownership) {
  // What the writer sees, so that a commit whose outcome was unknown is known now.
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  auto snapshot = [&]() -> absl::StatusOr<FleetSnapshot> {
    const Transaction transaction(*writer, Connection::Access::kRead);
    if (!transaction.begun().ok()) return transaction.begun();
    return ReadSnapshot(*writer, ownership.fleet);
  }();
  // A commit of nothing: its check of the owner says that nobody else has written since. And a server may have commits
  // that its synchronous standby has not seen, since it died while they waited; what is answered from here on rests on
  // them, and this one waits for them.
  if (snapshot.ok()) {
    if (auto status = CommitAll(*writer, ownership, {}); !status.ok()) return status;
  }
  return snapshot;
}

absl::StatusOr<JobReader::JobView> SqlStore::GetJob(const FleetName& fleet, const JobId& job) {
  const Use connection(*this, reader());
  if (!connection.status().ok()) return connection.status();
  // One view of two tables.
  Transaction transaction(*connection, Connection::Access::kRead);
  if (!transaction.begun().ok()) return transaction.begun();
  return ReadJob(*connection, fleet, job);
}

absl::StatusOr<std::vector<JobRecord>> SqlStore::ListJobs(const FleetName& fleet, std::uint32_t limit,
                                                          const JobId& before) {
  const Use connection(*this, reader());
  if (!connection.status().ok()) return connection.status();
  return ReadJobs(*connection, fleet, limit, before);
}

absl::StatusOr<std::vector<JobReader::EventView>> SqlStore::EventsAfter(const JobId& job, std::uint64_t number,
                                                                        std::uint32_t limit) {
  const Use connection(*this, reader());
  if (!connection.status().ok()) return connection.status();
  return ReadEvents(*connection, job, number, limit);
}

absl::StatusOr<std::vector<CaseResultRecord>> SqlStore::Results(const JobId& job) {
  const Use connection(*this, reader());
  if (!connection.status().ok()) return connection.status();
  return ReadResults(*connection, job);
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
  const Use connection(*this, reader());
  if (!connection.status().ok()) return connection.status();
  Statement statement = connection->Prepare("SELECT canonical FROM bundle WHERE digest = ?");
  const auto row = statement.Bind(std::string_view(digest.value())).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(fmt::format("no bundle {}", digest.value()));
  return statement.Text(0);
}

}  // namespace wsfleet::store
