#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/job/records.h"

// What the coordinator needs of a database, by caller. Every call blocks and belongs on a store's thread. Errors:
// UNAVAILABLE (try again, the outcome may be unknown), RESOURCE_EXHAUSTED (disk full), DATA_LOSS (corrupt),
// NOT_FOUND, ALREADY_EXISTS (a row that must be new), ABORTED (another replica owns the fleet now), INTERNAL (the disk
// could not make a write durable; see OnDiskFailed).
namespace wsfleet::store {

// The right to run the machine of a fleet and to write its rows. The epoch rises with each new owner.
struct Ownership {
  FleetName fleet;
  std::uint64_t epoch = 1;
};

// For the machine: the only writer of its rows.
class FleetStore {
 public:
  virtual ~FleetStore() = default;
  // Durable when it returns OK. All or nothing.
  virtual absl::Status Commit(const Ownership& ownership, const std::vector<WriteBatch>& batches) = 0;
  virtual absl::StatusOr<FleetSnapshot> Load(const Ownership& ownership) = 0;
};

// Which replica runs which fleet. Time is that of the database.
class OwnerStore {
 public:
  struct Addresses {  // that others are sent to; empty: none
    std::string agents;
    std::string clients;
  };
  struct ClaimRequest {
    FleetName fleet;
    std::string replica;  // of one process: a new one gets another epoch
    Addresses addresses;
    absl::Duration time;
  };
  struct Owner {
    std::string replica;
    Addresses addresses;
    std::uint64_t epoch = 0;
    absl::Duration left;
  };
  struct KnownFleet {
    FleetName name;
    Owner owner;  // nothing left: nobody
  };
  struct SurveyResult {
    std::uint32_t replicas = 1;  // that were here lately, the asking one included
    std::vector<KnownFleet> fleets;
  };
  virtual ~OwnerStore() = default;
  // Everything that there is to claim; notes that the replica is here, for `term`.
  virtual absl::StatusOr<SurveyResult> Survey(const std::string& replica, absl::Duration term) = 0;
  // ALREADY_EXISTS.
  virtual absl::Status CreateFleet(const FleetName& fleet) = 0;
  // Takes what nobody has any more, or extends what the replica has. Returns who has it now.
  virtual absl::StatusOr<Owner> Claim(const ClaimRequest& request) = 0;
  // So that the next owner need not wait. OK if it was another's already.
  virtual absl::Status Release(const Ownership& ownership) = 0;
};

// For queries and watches: committed state only. Calls may overlap those of FleetStore.
class JobReader {
 public:
  struct JobView {
    JobRecord job;
    std::vector<ShardRecord> shards;
  };
  struct EventView {
    JobEventRecord event;
    std::optional<CaseResultRecord> result;  // of a result event
  };
  virtual ~JobReader() = default;
  virtual absl::StatusOr<JobView> GetJob(const FleetName& fleet, const JobId& job) = 0;
  // Newest first, without shards; those older than `before` if it is not empty.
  virtual absl::StatusOr<std::vector<JobRecord>> ListJobs(const FleetName& fleet, std::uint32_t limit,
                                                          const JobId& before) = 0;
  // Ids of jobs are unique over all fleets.
  virtual absl::StatusOr<std::vector<EventView>> EventsAfter(const JobId& job, std::uint64_t number,
                                                             std::uint32_t limit) = 0;
  virtual absl::StatusOr<std::vector<CaseResultRecord>> Results(const JobId& job) = 0;
};

// Bundles in their canonical form (wire/bundle.h), by digest.
class BundleStore {
 public:
  virtual ~BundleStore() = default;
  virtual absl::Status PutBundle(const BundleDigest& digest, const std::string& canonical) = 0;
  virtual absl::StatusOr<std::string> GetBundle(const BundleDigest& digest) = 0;
};

// Called, on the store's thread and before the call that failed returns, when the disk could not make a write durable.
// A further attempt may seem to work although the write is lost, so that nothing of this process may be told to anybody
// any more: it should end, and the next one open the store anew.
using OnDiskFailed = std::function<void(const absl::Status&)>;

// All of it, in one database.
class Store : public FleetStore, public OwnerStore, public JobReader, public BundleStore {};

}  // namespace wsfleet::store
