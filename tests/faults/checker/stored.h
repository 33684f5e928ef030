#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/job/records.h"

namespace wsfleet::testing {

// Everything that a store holds of one fleet, read when no coordinator runs any more.
struct Stored {
  struct Job {
    JobRecord job;
    std::vector<ShardRecord> shards;
    std::vector<JobEventRecord> events;
    std::vector<CaseResultRecord> results;
  };
  std::map<JobId, Job> jobs;
  std::vector<LeaseRecord> leases;
};

// `store`: as --store names it.
absl::StatusOr<Stored> ReadStored(const std::string& store, const FleetName& fleet = FleetName("default"));

}  // namespace wsfleet::testing
