#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "coordinator/store/sql/connection.h"
#include "coordinator/store/store.h"

namespace wsfleet::store {

class SqliteConnection final : public Connection {
 public:
  enum class Mode {
    kWriter,  // creates the file (0600) if it is missing; WAL, synchronous=FULL
    kReader,  // read-only: it can neither write nor checkpoint
  };
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path, Mode mode,
                                                                OnDiskFailed on_failed = {});
  ~SqliteConnection() override;

  absl::Status Execute(const std::string& sql) override;
  std::int64_t changes() const override { return sqlite3_changes64(database_); }
  // That of the machine since it started (CLOCK_BOOTTIME).
  SteadyClock steady_clock() const override;
  absl::Status Begin(Access access) override;
  bool works() const override { return true; }

 protected:
  absl::StatusOr<std::unique_ptr<Cursor>> Open(std::string_view sql) override;

 private:
  class SqliteCursor;

  SqliteConnection(sqlite3* database, OnDiskFailed on_failed) : database_(database), on_failed_(std::move(on_failed)) {}

  // What the last call ended with; `what` says what was being done.
  absl::Status LastError(std::string_view what);

  sqlite3* database_;
  const OnDiskFailed on_failed_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

}  // namespace wsfleet::store
