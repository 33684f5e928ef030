#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/store/sql/connection.h"
#include "coordinator/store/store.h"

namespace wsfleet::store {

// The same error, saying which store it is of.
absl::Status OfStore(const absl::Status& status, std::string_view name);

// What store.h asks for, over a connection that writes and some that read. Thread-safe: calls that write wait for each
// other, and calls that read only if all of their connections are in use.
class SqlStore : public Store {
 public:
  absl::StatusOr<std::vector<CommitOutcome>> Commit(const Ownership& ownership,
                                                    const std::vector<WriteBatch>& batches) override;
  absl::StatusOr<FleetSnapshot> Load(const Ownership& ownership) override;
  absl::StatusOr<std::optional<KnownRun>> FindRun(const Ownership& ownership, const RunKey& key) override;

  absl::StatusOr<JobView> GetJob(const FleetName& fleet, const JobId& job) override;
  absl::StatusOr<std::vector<JobRecord>> ListJobs(const FleetName& fleet, std::uint32_t limit,
                                                  const JobId& before) override;
  absl::StatusOr<Changes> ChangesAfter(const FleetName& fleet, const JobId& job, const ChangeCursor& cursor) override;
  absl::StatusOr<std::vector<ResultView>> ResultsAfter(const JobId& job, const ResultCursor& cursor) override;

  absl::StatusOr<std::vector<FleetFacts>> ListFleets() override;

  absl::StatusOr<ScheduleView> GetSchedule(const FleetName& fleet, const ScheduleName& name,
                                           std::uint32_t max_ticks) override;
  absl::StatusOr<std::vector<ScheduleView>> ListSchedules(const FleetName& fleet, std::uint32_t limit,
                                                          const ScheduleName& after) override;

  absl::StatusOr<std::optional<PolicyRecord>> GetPolicy(const FleetName& fleet) override;

  absl::Status CreateFleet(const FleetName& fleet) override;

  absl::Status PutBundle(const BundleDigest& digest, const std::string& canonical, absl::Time at) override;
  absl::StatusOr<std::string> GetBundle(const BundleDigest& digest) override;

  absl::StatusOr<Step> RemoveSome(const Ownership& ownership, const Rule& rule) override;

  absl::Status AddJoinToken(const JoinToken& token) override;
  absl::StatusOr<std::vector<JoinToken>> ListJoinTokens(const FleetName& fleet) override;
  absl::StatusOr<JoinToken> FindJoinToken(const std::string& id) override;
  absl::Status RevokeJoinToken(const FleetName& fleet, const std::string& id) override;
  absl::StatusOr<bool> UseJoinToken(const JoinTokenUse& use) override;
  absl::Status Revoke(const std::vector<Revocation>& revocations) override;
  absl::Status Unrevoke(const FleetName& fleet, const PoolName& pool, const std::string& instance) override;
  absl::StatusOr<std::vector<Revocation>> ListRevocations() override;

  absl::Status CreateToken(const TokenRecord& token) override;
  absl::StatusOr<TokenRecord> RevokeToken(const FleetName& fleet, const std::string& id_or_name,
                                          absl::Time at) override;
  absl::StatusOr<std::uint64_t> TokensVersion() override;
  absl::StatusOr<std::vector<TokenRecord>> UnrevokedTokens() override;
  absl::StatusOr<std::vector<TokenRecord>> ListTokens(const FleetName& fleet, std::uint32_t limit,
                                                      const TokenId& after) override;
  absl::Status RemoveTokens(absl::Time gone_before) override;

  absl::Status AppendAudit(const std::vector<AuditRecord>& records) override;
  absl::StatusOr<std::vector<AuditRecord>> ListAudit(const Query& query) override;
  absl::StatusOr<std::uint32_t> RemoveAudit(absl::Time before, const Limits& limits) override;

 protected:
  // A connection and the mutex that serialises its users.
  struct Channel {
    std::mutex mutex;
    std::unique_ptr<Connection> connection;
  };

  // Called with the mutex held, before the connection is used. UNAVAILABLE: the database cannot be reached.
  virtual absl::Status MakeReady(Channel& channel) = 0;
  // In each transaction of a machine that writes, before anything else; the owner stays the same until its end.
  // ABORTED: it is another's.
  virtual absl::Status CheckOwnership(Connection& connection, const Ownership& ownership) = 0;
  // Of a budget, whose row is there: until the end of the transaction nobody else reserves shares of it.
  virtual absl::Status LockBudget(Connection& connection, const BudgetName& budget) = 0;
  // Every fleet by name, with who owns it.
  virtual absl::StatusOr<std::vector<KnownFleet>> ReadOwners(Connection& connection) = 0;
  virtual std::vector<Channel*> readers() { return {&readers_[0], &readers_[1]}; }

  Channel writer_;
  std::array<Channel, 2> readers_;  // as many as the coordinator has threads that read

 private:
  class Use;

  // On the writer, in a transaction of its own.
  template <typename Change>
  absl::Status WriteAtOnce(Change change);
  absl::StatusOr<std::vector<CommitOutcome>> CommitAll(Connection& writer, const Ownership& ownership,
                                                       const std::vector<WriteBatch>& batches);
  // Those that leases of the batches draw on.
  absl::Status LockBudgets(Connection& writer, const std::vector<WriteBatch>& batches);
};

}  // namespace wsfleet::store
