#include "tests/faults/checker/stored.h"

#include <memory>
#include <utility>

#include "coordinator/store/postgres/postgres_store.h"
#include "coordinator/store/sqlite/sqlite_store.h"

namespace wsfleet::testing {
namespace {

constexpr std::uint32_t kPage = 500;

absl::StatusOr<std::unique_ptr<store::Store>> Open(const std::string& store) {
  if (store.starts_with("postgres")) return store::PostgresStore::Open(store);
  return store::SqliteStore::Open(store);
}

absl::Status ReadEvents(store::JobReader& reader, const FleetName& fleet, Stored::Job& job) {
  store::JobReader::ChangeCursor cursor;
  while (true) {
    const auto changes = reader.ChangesAfter(fleet, job.job.id, cursor);
    if (!changes.ok()) return changes.status();
    for (const auto& view : changes->events) {
      job.events.push_back(view.event);
      cursor.event = view.event.number;
    }
    for (const ShardRecord& shard : changes->shards) {
      cursor.changed = shard.changed;
      cursor.shard = shard.id.index;
    }
    if (changes->is_all) return absl::OkStatus();
  }
}

absl::Status ReadResults(store::JobReader& reader, Stored::Job& job) {
  store::JobReader::ResultCursor cursor;
  while (true) {
    const auto page = reader.ResultsAfter(job.job.id, cursor);
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    for (const auto& view : *page) job.results.push_back(view.taken);
    cursor = {page->back().taken.shard.index, page->back().number};
  }
}

absl::Status ReadJobs(store::JobReader& reader, const FleetName& fleet, Stored& stored) {
  JobId before;
  while (true) {
    const auto page = reader.ListJobs(fleet, kPage, before);
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    for (const JobRecord& record : *page) {
      auto view = reader.GetJob(fleet, record.id);
      if (!view.ok()) return view.status();
      Stored::Job& job = stored.jobs[record.id];
      job.job = std::move(view->job);
      job.shards = std::move(view->shards);
      if (auto status = ReadEvents(reader, fleet, job); !status.ok()) return status;
      if (auto status = ReadResults(reader, job); !status.ok()) return status;
    }
    before = page->back().id;
  }
}

}  // namespace

absl::StatusOr<Stored> ReadStored(const std::string& name, const FleetName& fleet) {
  const auto opened = Open(name);
  if (!opened.ok()) return opened.status();
  store::Store& store = **opened;
  // Leases are shown to an owner only.
  const auto owner = store.Claim({fleet, "checker", {}, absl::Minutes(1)});
  if (!owner.ok()) return owner.status();
  const store::Ownership ownership{fleet, owner->epoch};
  auto snapshot = store.Load(ownership);
  if (!snapshot.ok()) return snapshot.status();
  Stored stored;
  stored.leases = std::move(snapshot->leases);
  if (auto status = ReadJobs(store, fleet, stored); !status.ok()) return status;
  if (auto status = store.Release(ownership); !status.ok()) return status;
  return stored;
}

}  // namespace wsfleet::testing
