#include "coordinator/store/sql/sql_store.h"

#include <set>
#include <utility>

#include "coordinator/store/sql/identity.h"
#include "coordinator/store/sql/rows.h"
#include "coordinator/store/sql/use.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::store {

absl::Status OfStore(const absl::Status& status, std::string_view name) {
  return absl::Status(status.code(), fmt::format("store {}: {}", name, ToStd(status.message())));
}

absl::StatusOr<std::vector<CommitOutcome>> SqlStore::Commit(const Ownership& ownership,
                                                            const std::vector<WriteBatch>& batches) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  return CommitAll(*writer, ownership, batches);
}

absl::StatusOr<std::vector<CommitOutcome>> SqlStore::CommitAll(Connection& writer, const Ownership& ownership,
                                                               const std::vector<WriteBatch>& batches) {
  Transaction transaction(writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  if (auto status = CheckOwnership(writer, ownership); !status.ok()) return status;
  if (auto status = LockBudgets(writer, batches); !status.ok()) return status;
  std::vector<CommitOutcome> outcomes;
  for (const WriteBatch& batch : batches) {
    auto outcome = Write(writer, ownership.fleet, batch);
    if (!outcome.ok()) return outcome.status();
    outcomes.push_back(*std::move(outcome));
  }
  if (auto status = transaction.Commit(); !status.ok()) return status;
  return outcomes;
}

absl::Status SqlStore::LockBudgets(Connection& writer, const std::vector<WriteBatch>& batches) {
  std::set<BudgetName> drawn;
  for (const WriteBatch& batch : batches) drawn.merge(DrawnBudgets(batch));
  // All of them before anything is reserved, and by name: no two transactions wait for each other.
  for (const BudgetName& budget : drawn) {
    if (auto status = AddBudget(writer, budget); !status.ok()) return status;
  }
  for (const BudgetName& budget : drawn) {
    if (auto status = LockBudget(writer, budget); !status.ok()) return status;
  }
  return absl::OkStatus();
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
    if (auto done = CommitAll(*writer, ownership, {}); !done.ok()) return done.status();
  }
  return snapshot;
}

absl::StatusOr<std::optional<KnownRun>> SqlStore::FindRun(const Ownership& ownership, const RunKey& key) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  // The owner stays the same until its end, which a transaction that only reads cannot see to.
  Transaction transaction(*writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  if (auto status = CheckOwnership(*writer, ownership); !status.ok()) return status;
  auto run = ReadKnownRun(*writer, ownership.fleet, key);
  if (!run.ok()) return run.status();
  if (auto status = transaction.Commit(); !status.ok()) return status;
  return run;
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

absl::StatusOr<ScheduleReader::ScheduleView> SqlStore::GetSchedule(const FleetName& fleet, const ScheduleName& name,
                                                                   std::uint32_t max_ticks) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  // One view of three tables.
  Transaction transaction(*connection, Connection::Access::kRead);
  if (!transaction.begun().ok()) return transaction.begun();
  return ReadSchedule(*connection, fleet, name, max_ticks);
}

absl::StatusOr<std::vector<ScheduleReader::ScheduleView>> SqlStore::ListSchedules(const FleetName& fleet,
                                                                                  std::uint32_t limit,
                                                                                  const ScheduleName& after) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  return ReadSchedules(*connection, fleet, limit, after);
}

absl::StatusOr<std::optional<PolicyRecord>> SqlStore::GetPolicy(const FleetName& fleet) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  return ReadPolicy(*connection, fleet);
}

absl::Status SqlStore::CreateFleet(const FleetName& fleet) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  auto status =
      writer->Prepare("INSERT INTO fleet (name, next_lease) SELECT ?, 1 WHERE (SELECT count(*) FROM fleet) < ?")
          .Bind(std::string_view(fleet.value()))
          .Bind(std::int64_t{kMaxFleets})
          .Run();
  if (absl::IsAlreadyExists(status)) {
    return absl::AlreadyExistsError(fmt::format("fleet {} exists already", fleet.value()));
  }
  if (!status.ok() || writer->changes() == 1) return status;
  // It may be one of them.
  Statement known = writer->Prepare("SELECT 1 FROM fleet WHERE name = ?");
  const auto row = known.Bind(std::string_view(fleet.value())).Step();
  if (!row.ok()) return row.status();
  if (*row) return absl::AlreadyExistsError(fmt::format("fleet {} exists already", fleet.value()));
  return absl::ResourceExhaustedError(fmt::format("there are {} fleets; that is the limit", kMaxFleets));
}

absl::StatusOr<std::vector<OwnerStore::FleetFacts>> SqlStore::ListFleets() {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  Transaction transaction(*connection, Connection::Access::kRead);
  if (!transaction.begun().ok()) return transaction.begun();
  auto owners = ReadOwners(*connection);
  if (!owners.ok()) return owners.status();
  static const std::string kSwitch = fmt::format("SELECT {} FROM fleet WHERE name = ?", kKillSwitchColumns);
  std::vector<FleetFacts> facts;
  for (KnownFleet& fleet : *owners) {
    Statement counts = connection->Prepare(
        "SELECT (SELECT count(*) FROM agent WHERE fleet = ?1), "
        "(SELECT count(*) FROM job WHERE fleet = ?1 AND ended = 0)");
    const auto row = counts.Bind(std::string_view(fleet.name.value())).Step();
    if (!row.ok()) return row.status();
    Statement state = connection->Prepare(kSwitch);
    const auto known = state.Bind(std::string_view(fleet.name.value())).Step();
    if (!known.ok()) return known.status();
    facts.push_back({std::move(fleet), counts.Uint32(0), counts.Uint32(1), {}});
    if (*known) facts.back().kill_switch = KillSwitchOf(state, 0);
  }
  return facts;
}

absl::Status SqlStore::PutBundle(const BundleDigest& digest, const std::string& canonical, absl::Time at) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  Transaction transaction(*writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  // First of all: whoever is about to remove it has this row, or finds it changed.
  if (auto status = WriteBundleUse(*writer, digest, at); !status.ok()) return status;
  // The digest stands for the bytes: the same again changes nothing.
  auto status = writer->Prepare("INSERT INTO bundle (digest, canonical) VALUES (?, ?) ON CONFLICT DO NOTHING")
                    .Bind(std::string_view(digest.value()))
                    .BindBytes(canonical)
                    .Run();
  return status.ok() ? transaction.Commit() : status;
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

absl::StatusOr<RetentionStore::Step> SqlStore::RemoveSome(const Ownership& ownership, const Rule& rule) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  Transaction transaction(*writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  if (auto status = CheckOwnership(*writer, ownership); !status.ok()) return status;
  const auto step = RemoveExpired(*writer, ownership.fleet, rule);
  if (!step.ok() || !step->more) return step;
  if (auto status = transaction.Commit(); !status.ok()) return status;
  return step;
}

template <typename Change>
absl::Status SqlStore::WriteAtOnce(Change change) {
  const Use writer(*this, writer_);
  if (!writer.status().ok()) return writer.status();
  Transaction transaction(*writer, Connection::Access::kWrite);
  if (!transaction.begun().ok()) return transaction.begun();
  if (absl::Status status = change(*writer); !status.ok()) return status;
  return transaction.Commit();
}

absl::Status SqlStore::AddJoinToken(const JoinToken& token) {
  return WriteAtOnce([&](Connection& connection) { return WriteJoinToken(connection, token); });
}

absl::StatusOr<std::vector<JoinToken>> SqlStore::ListJoinTokens(const FleetName& fleet) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  return ReadJoinTokens(*connection, fleet);
}

absl::StatusOr<JoinToken> SqlStore::FindJoinToken(const std::string& id) {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  return ReadJoinToken(*connection, id);
}

absl::Status SqlStore::RevokeJoinToken(const FleetName& fleet, const std::string& id) {
  return WriteAtOnce([&](Connection& connection) { return MarkRevoked(connection, fleet, id); });
}

absl::StatusOr<bool> SqlStore::UseJoinToken(const JoinTokenUse& use) {
  bool is_counted = false;
  const auto status = WriteAtOnce([&](Connection& connection) {
    const auto counted = WriteUse(connection, use);
    if (counted.ok()) is_counted = *counted;
    return counted.status();
  });
  if (!status.ok()) return status;
  return is_counted;
}

absl::Status SqlStore::Revoke(const std::vector<Revocation>& revocations) {
  return WriteAtOnce([&](Connection& connection) { return WriteRevocations(connection, revocations); });
}

absl::Status SqlStore::Unrevoke(const FleetName& fleet, const PoolName& pool, const std::string& instance) {
  return WriteAtOnce([&](Connection& connection) { return RemoveRevocation(connection, fleet, pool, instance); });
}

absl::StatusOr<std::vector<Revocation>> SqlStore::ListRevocations() {
  const Use connection(*this, readers());
  if (!connection.status().ok()) return connection.status();
  return ReadRevocations(*connection);
}

}  // namespace wsfleet::store
