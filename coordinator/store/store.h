#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/access_store.h"
#include "coordinator/store/identity_store.h"
#include "coordinator/store/owner_store.h"
#include "coordinator/store/readers.h"
#include "core/job/batch.h"

// What the coordinator needs of a database, by caller. Every call blocks and belongs on a store's thread. Errors:
// UNAVAILABLE (try again, the outcome may be unknown), RESOURCE_EXHAUSTED (disk full), DATA_LOSS (corrupt),
// NOT_FOUND, ALREADY_EXISTS (a row that must be new), INVALID_ARGUMENT (a row that the database can never hold; of both
// see refusal.h), ABORTED (another replica owns the fleet now), INTERNAL (the disk could not make a write durable; see
// OnDiskFailed).
namespace wsfleet::store {

// For the machine: the only writer of its rows.
class FleetStore {
 public:
  virtual ~FleetStore() = default;
  // Durable when it returns OK. All or nothing, but for leases whose shares of budgets do not fit beside those that are
  // reserved already, whoever reserved them: what became of these is said, for each batch in its place. What is refused
  // for good says of which job it is, if of any (refusal.h).
  virtual absl::StatusOr<std::vector<CommitOutcome>> Commit(const Ownership& ownership,
                                                            const std::vector<WriteBatch>& batches) = 0;
  // Results are without the evidence that no verdict rests on (core/verdict/bulk.h).
  virtual absl::StatusOr<FleetSnapshot> Load(const Ownership& ownership) = 0;
  // The run of this key that is kept, ended or not; absent: there is none. Sees every commit before it.
  virtual absl::StatusOr<std::optional<KnownRun>> FindRun(const Ownership& ownership, const RunKey& key) = 0;
};

// Bundles in their canonical form (wire/bundle.h), by digest.
class BundleStore {
 public:
  virtual ~BundleStore() = default;
  // `at`: now. What nobody refers to is kept for a while: see RetentionStore.
  virtual absl::Status PutBundle(const BundleDigest& digest, const std::string& canonical, absl::Time at) = 0;
  virtual absl::StatusOr<std::string> GetBundle(const BundleDigest& digest) = 0;
};

// What is not kept any more goes in steps, each a short transaction between others.
class RetentionStore {
 public:
  struct Rule {
    absl::Time now;
    absl::Time ended_before;   // runs that ended earlier go
    std::uint32_t runs = 0;    // and of those that have ended, the oldest beyond so many
    absl::Time unused_before;  // bundles that nothing refers to, and nobody stored or used since
  };
  struct Step {
    bool more = false;  // it did something, so there may be more to do
    std::uint32_t runs = 0;
    std::uint32_t bundles = 0;
  };
  virtual ~RetentionStore() = default;
  // A few runs that have ended, which are gone for every reader and their keys free from then on; or some of the rows
  // that such runs have left; or a bundle. What is begun goes on after a restart, at any owner.
  virtual absl::StatusOr<Step> RemoveSome(const Ownership& ownership, const Rule& rule) = 0;
};

// Called, on the store's thread and before the call that failed returns, when the disk could not make a write durable.
// A further attempt may seem to work although the write is lost, so that nothing of this process may be told to anybody
// any more: it should end, and the next one open the store anew.
using OnDiskFailed = std::function<void(const absl::Status&)>;

// All of it, in one database.
class Store : public FleetStore,
              public OwnerStore,
              public JobReader,
              public ScheduleReader,
              public PolicyReader,
              public BundleStore,
              public RetentionStore,
              public TokenStore,
              public AuditStore,
              public IdentityStore {};

}  // namespace wsfleet::store
