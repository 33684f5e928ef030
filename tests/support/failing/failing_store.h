#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/store/store.h"
#include "tests/support/failing/failpoint.h"

namespace wsfleet::testing {

// A store that fails at one place, and is the store behind it everywhere else.
class FailingStore final : public store::Store {
 public:
  FailingStore(std::unique_ptr<store::Store> behind, const Failpoint& point)
      : behind_(std::move(behind)), point_(point) {}

  absl::Status Commit(const store::Ownership& ownership, const std::vector<WriteBatch>& batches) override;

  absl::StatusOr<FleetSnapshot> Load(const store::Ownership& ownership) override { return behind_->Load(ownership); }
  absl::StatusOr<SurveyResult> Survey(const std::string& replica, absl::Duration term) override {
    return behind_->Survey(replica, term);
  }
  absl::Status CreateFleet(const FleetName& fleet) override { return behind_->CreateFleet(fleet); }
  absl::StatusOr<Owner> Claim(const ClaimRequest& request) override { return behind_->Claim(request); }
  absl::Status Release(const store::Ownership& ownership) override { return behind_->Release(ownership); }
  absl::StatusOr<JobView> GetJob(const FleetName& fleet, const JobId& job) override {
    return behind_->GetJob(fleet, job);
  }
  absl::StatusOr<std::vector<JobRecord>> ListJobs(const FleetName& fleet, std::uint32_t limit,
                                                  const JobId& before) override {
    return behind_->ListJobs(fleet, limit, before);
  }
  absl::StatusOr<std::vector<EventView>> EventsAfter(const JobId& job, std::uint64_t number,
                                                     std::uint32_t limit) override {
    return behind_->EventsAfter(job, number, limit);
  }
  absl::StatusOr<std::vector<CaseResultRecord>> Results(const JobId& job) override { return behind_->Results(job); }
  absl::Status PutBundle(const BundleDigest& digest, const std::string& canonical) override {
    return behind_->PutBundle(digest, canonical);
  }
  absl::StatusOr<std::string> GetBundle(const BundleDigest& digest) override { return behind_->GetBundle(digest); }

 private:
  absl::Status Fail() const;

  std::unique_ptr<store::Store> behind_;
  const Failpoint point_;
  unsigned seen_ = 0;  // commits that the failpoint is about; one thread commits
};

}  // namespace wsfleet::testing
