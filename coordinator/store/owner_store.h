#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/ids.h"
#include "core/job/records.h"

// See coordinator/store/store.h for threads and errors.
namespace wsfleet::store {

// The right to run the machine of a fleet and to write its rows. The epoch rises with each new owner.
struct Ownership {
  FleetName fleet;
  std::uint64_t epoch = 1;
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
  struct FleetFacts {
    KnownFleet fleet;
    std::uint32_t agents = 0;     // that are connected, or were lately
    std::uint32_t open_jobs = 0;  // that have not ended
    KillSwitch kill_switch{};
  };
  struct SurveyResult {
    // Besides the asking one: those that gave a sign of life lately, and have lived for a term. One that ended before
    // that is none, at no time.
    std::uint32_t other_replicas = 0;
    bool is_new = false;  // the asking one has not lived for a term
    std::vector<KnownFleet> fleets;
  };
  virtual ~OwnerStore() = default;
  // Extends all that the replica has, and waits for nothing that a machine has under way: what somebody else has locked
  // for the moment is left as it is. Those that were extended.
  virtual absl::StatusOr<std::vector<KnownFleet>> Extend(const std::string& replica, absl::Duration term) = 0;
  // Everything that there is to claim; notes that the replica is here, for `term`.
  virtual absl::StatusOr<SurveyResult> Survey(const std::string& replica, absl::Duration term) = 0;
  // All of them, by name.
  virtual absl::StatusOr<std::vector<FleetFacts>> ListFleets() = 0;
  // ALREADY_EXISTS. RESOURCE_EXHAUSTED: there are kMaxFleets. Each has a thread in each replica.
  static constexpr std::uint32_t kMaxFleets = 256;
  virtual absl::Status CreateFleet(const FleetName& fleet) = 0;
  // Takes what nobody has any more and no former owner is committing, or extends what the replica has. Returns who has
  // it now.
  virtual absl::StatusOr<Owner> Claim(const ClaimRequest& request) = 0;
  // So that the next owner need not wait. OK if it was another's already.
  virtual absl::Status Release(const Ownership& ownership) = 0;
  // The replica is gone: others need not wait until its note of itself has run out.
  virtual absl::Status Leave(const std::string& replica) = 0;
};

}  // namespace wsfleet::store
