#pragma once

#include <memory>
#include <optional>
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

  absl::StatusOr<std::vector<CommitOutcome>> Commit(const store::Ownership& ownership,
                                                    const std::vector<WriteBatch>& batches) override;

  absl::StatusOr<FleetSnapshot> Load(const store::Ownership& ownership) override { return behind_->Load(ownership); }
  absl::StatusOr<std::vector<KnownFleet>> Extend(const std::string& replica, absl::Duration term) override {
    return behind_->Extend(replica, term);
  }
  absl::StatusOr<SurveyResult> Survey(const std::string& replica, absl::Duration term) override {
    return behind_->Survey(replica, term);
  }
  absl::Status CreateFleet(const FleetName& fleet) override { return behind_->CreateFleet(fleet); }
  absl::StatusOr<Owner> Claim(const ClaimRequest& request) override { return behind_->Claim(request); }
  absl::Status Release(const store::Ownership& ownership) override { return behind_->Release(ownership); }
  absl::Status Leave(const std::string& replica) override { return behind_->Leave(replica); }
  absl::StatusOr<JobView> GetJob(const FleetName& fleet, const JobId& job) override {
    return behind_->GetJob(fleet, job);
  }
  absl::StatusOr<std::vector<JobRecord>> ListJobs(const FleetName& fleet, std::uint32_t limit,
                                                  const JobId& before) override {
    return behind_->ListJobs(fleet, limit, before);
  }
  absl::StatusOr<Changes> ChangesAfter(const FleetName& fleet, const JobId& job, const ChangeCursor& cursor) override {
    return behind_->ChangesAfter(fleet, job, cursor);
  }
  absl::StatusOr<std::vector<ResultView>> ResultsAfter(const JobId& job, const ResultCursor& cursor) override {
    return behind_->ResultsAfter(job, cursor);
  }
  absl::StatusOr<std::optional<KnownRun>> FindRun(const store::Ownership& ownership, const RunKey& key) override {
    return behind_->FindRun(ownership, key);
  }
  absl::StatusOr<std::vector<FleetFacts>> ListFleets() override { return behind_->ListFleets(); }
  absl::StatusOr<ScheduleView> GetSchedule(const FleetName& fleet, const ScheduleName& name,
                                           std::uint32_t max_ticks) override {
    return behind_->GetSchedule(fleet, name, max_ticks);
  }
  absl::StatusOr<std::vector<ScheduleView>> ListSchedules(const FleetName& fleet, std::uint32_t limit,
                                                          const ScheduleName& after) override {
    return behind_->ListSchedules(fleet, limit, after);
  }
  absl::StatusOr<std::optional<PolicyRecord>> GetPolicy(const FleetName& fleet) override {
    return behind_->GetPolicy(fleet);
  }
  absl::StatusOr<Step> RemoveSome(const store::Ownership& ownership, const Rule& rule) override {
    return behind_->RemoveSome(ownership, rule);
  }
  absl::Status PutBundle(const BundleDigest& digest, const std::string& canonical, absl::Time at) override {
    return behind_->PutBundle(digest, canonical, at);
  }
  absl::StatusOr<std::string> GetBundle(const BundleDigest& digest) override { return behind_->GetBundle(digest); }
  absl::Status AddJoinToken(const store::JoinToken& token) override { return behind_->AddJoinToken(token); }
  absl::StatusOr<std::vector<store::JoinToken>> ListJoinTokens(const FleetName& fleet) override {
    return behind_->ListJoinTokens(fleet);
  }
  absl::StatusOr<store::JoinToken> FindJoinToken(const std::string& id) override { return behind_->FindJoinToken(id); }
  absl::Status RevokeJoinToken(const FleetName& fleet, const std::string& id) override {
    return behind_->RevokeJoinToken(fleet, id);
  }
  absl::StatusOr<bool> UseJoinToken(const JoinTokenUse& use) override { return behind_->UseJoinToken(use); }
  absl::Status Revoke(const std::vector<store::Revocation>& revocations) override {
    return behind_->Revoke(revocations);
  }
  absl::Status Unrevoke(const FleetName& fleet, const PoolName& pool, const std::string& instance) override {
    return behind_->Unrevoke(fleet, pool, instance);
  }
  absl::StatusOr<std::vector<store::Revocation>> ListRevocations() override { return behind_->ListRevocations(); }
  absl::Status CreateToken(const TokenRecord& token) override { return behind_->CreateToken(token); }
  absl::StatusOr<TokenRecord> RevokeToken(const FleetName& fleet, const std::string& id_or_name,
                                          absl::Time at) override {
    return behind_->RevokeToken(fleet, id_or_name, at);
  }
  absl::StatusOr<std::uint64_t> TokensVersion() override { return behind_->TokensVersion(); }
  absl::StatusOr<std::vector<TokenRecord>> UnrevokedTokens() override { return behind_->UnrevokedTokens(); }
  absl::StatusOr<std::vector<TokenRecord>> ListTokens(const FleetName& fleet, std::uint32_t limit,
                                                      const TokenId& after) override {
    return behind_->ListTokens(fleet, limit, after);
  }
  absl::Status RemoveTokens(absl::Time gone_before) override { return behind_->RemoveTokens(gone_before); }
  absl::Status AppendAudit(const std::vector<AuditRecord>& records) override { return behind_->AppendAudit(records); }
  absl::StatusOr<std::vector<AuditRecord>> ListAudit(const Query& query) override { return behind_->ListAudit(query); }
  absl::StatusOr<std::uint32_t> RemoveAudit(absl::Time before, const Limits& limits) override {
    return behind_->RemoveAudit(before, limits);
  }

 private:
  static void StopUntilContinued();
  absl::Status Fail(const std::vector<WriteBatch>& batches) const;

  std::unique_ptr<store::Store> behind_;
  const Failpoint point_;
  unsigned seen_ = 0;  // commits that the failpoint is about; one thread commits
};

}  // namespace wsfleet::testing
