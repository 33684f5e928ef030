#pragma once

#include <memory>
#include <string>

#include "coordinator/store/postgres/postgres_connection.h"
#include "coordinator/store/sql/sql_store.h"

namespace wsfleet::store {

// A PostgreSQL database, of which several coordinators may be replicas: each fleet has one owner at a time, and every
// transaction of a machine checks that it is still that one. A connection that broke is opened again by the next call.
class PostgresStore final : public SqlStore {
 public:
  // Of the connection that ownerships are extended on. Together less than the term of one, so that a call that fails
  // leaves time for another.
  static constexpr PostgresLimits kOwnerLimits{absl::Seconds(2), absl::Seconds(2), absl::Seconds(1)};

  // Creates or migrates the schema. UNAVAILABLE: it cannot be reached. FAILED_PRECONDITION: of a newer program, or not
  // accessible.
  static absl::StatusOr<std::unique_ptr<PostgresStore>> Open(const std::string& url);
  ~PostgresStore() override;

  absl::StatusOr<std::vector<KnownFleet>> Extend(const std::string& replica, absl::Duration term) override;
  absl::StatusOr<SurveyResult> Survey(const std::string& replica, absl::Duration term) override;
  absl::StatusOr<Owner> Claim(const ClaimRequest& request) override;
  absl::Status Release(const Ownership& ownership) override;
  absl::Status Leave(const std::string& replica) override;

 private:
  explicit PostgresStore(std::string url) : url_(std::move(url)) {}

  // A fleet that nobody has any more. False: somebody has it, or its row is locked.
  static absl::StatusOr<bool> Take(Connection& connection, const ClaimRequest& request);
  absl::Status MakeReady(Channel& channel) override;
  absl::Status CheckOwnership(Connection& connection, const Ownership& ownership) override;
  absl::Status LockBudget(Connection& connection, const BudgetName& budget) override;
  absl::StatusOr<std::vector<KnownFleet>> ReadOwners(Connection& connection) override;

  std::string url_;
  Channel owner_;  // of its own: a renewal must not wait behind a long commit
};

}  // namespace wsfleet::store
