#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "coordinator/store/sql/connection.h"

namespace wsfleet::store {

// How long a connection waits.
struct PostgresLimits {
  absl::Duration connect = absl::Seconds(5);
  absl::Duration answer = absl::Seconds(15);
  absl::Duration lock = absl::Seconds(10);  // that somebody else has
};

// A connection to a PostgreSQL server (14 or newer), by libpq. Every call that the server does not answer within its
// limit is given up, and the connection with it.
class PostgresConnection final : public Connection {
 public:
  // `url`: postgres://…, or anything else that libpq understands. UNAVAILABLE: it cannot be reached,
  // FAILED_PRECONDITION: it refuses us; neither message has the password in it.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const std::string& url,
                                                                  const PostgresLimits& limits = {});
  ~PostgresConnection() override;

  absl::Status Execute(const std::string& sql) override;
  std::int64_t changes() const override { return changes_; }
  // An entry of an index has at most 2704 bytes here.
  std::string KeyOf(std::string_view text) const override;
  // The server's wall clock: no coordinator sets it, and it is the same one for all of them.
  SteadyClock steady_clock() const override;
  absl::Status Begin(Access access) override;
  absl::Status Commit() override;
  bool works() const override;

 protected:
  absl::StatusOr<std::unique_ptr<Cursor>> Open(std::string_view sql) override;

 private:
  class PostgresCursor;
  struct FreeResult {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, FreeResult>;

  PostgresConnection(PGconn* connection, const PostgresLimits& limits) : connection_(connection), limits_(limits) {}

  // The result of what was sent, once all of it is here.
  absl::StatusOr<Result> Receive();
  absl::Status AwaitAnswer(absl::Time until);
  absl::Status Broken(std::string_view why);

  PGconn* connection_;
  const PostgresLimits limits_;
  bool given_up_ = false;
  std::int64_t changes_ = 0;
  std::map<std::string, std::string, std::less<>> statements_;  // by their text: their names
};

}  // namespace wsfleet::store
